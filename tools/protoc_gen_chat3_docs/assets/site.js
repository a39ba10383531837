// Search over all symbols, the sidebar, the colour theme, and buttons that copy code.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement;

  // ---- Search -------------------------------------------------------------------------------

  const { prefix, rows } = window.apiSymbols;
  const symbols = rows.map(([kind, name, path, text]) => ({
    kind,
    name,
    path,
    text,
    lowerName: name.toLowerCase(),
    lowerPath: path.toLowerCase(),
    lowerText: text.toLowerCase(),
    // `SendMessage` and `send_message` both begin words at s and m.
    words: name
      .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
      .toLowerCase()
      .split(/[\s_.]+/),
  }));
  const kindOrder = ["service", "rpc", "message", "enum", "reason", "oneof", "field", "value"];
  const mostResults = 30;

  function score(symbol, term) {
    const squeezed = term.replace(/_/g, "");
    if (symbol.lowerName === term) return 100;
    if (symbol.lowerPath === term || symbol.lowerPath.endsWith(`.${term}`)) return 95;
    if (symbol.lowerName.startsWith(term)) return 80;
    if (symbol.words.some((word) => word.startsWith(term))) return 60;
    if (symbol.lowerName.replace(/_/g, "").includes(squeezed)) return 45;
    if (symbol.lowerPath.includes(term)) return 30;
    if (symbol.lowerText.includes(term)) return 10;
    return 0;
  }

  function find(query) {
    const bare = query.trim().toLowerCase();
    const terms = (bare.startsWith(prefix) ? bare.slice(prefix.length) : bare).split(/\s+/);
    if (!terms[0]) return [];
    const found = [];
    for (const symbol of symbols) {
      let total = 0;
      for (const term of terms) {
        const points = score(symbol, term);
        if (!points) {
          total = 0;
          break;
        }
        total += points;
      }
      if (total) found.push({ symbol, total });
    }
    return found
      .sort(
        (a, b) =>
          b.total - a.total ||
          kindOrder.indexOf(a.symbol.kind) - kindOrder.indexOf(b.symbol.kind) ||
          a.symbol.path.length - b.symbol.path.length ||
          a.symbol.path.localeCompare(b.symbol.path),
      )
      .map(({ symbol }) => symbol);
  }

  const input = byId("search");
  const results = byId("results");
  const status = byId("search-status");
  let chosen = -1;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function option(symbol, index) {
    const item = document.createElement("li");
    item.id = `result-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const link = document.createElement("a");
    link.href = `#${prefix}${symbol.path}`;
    link.tabIndex = -1;
    const owner = symbol.path.slice(0, symbol.path.length - symbol.name.length);
    const title = element("span", "result-name", "");
    if (owner) title.append(element("span", "result-owner", owner));
    title.append(symbol.name);
    link.append(
      element("span", `result-kind kind-${symbol.kind}`, symbol.kind),
      title,
      element("span", "result-text", symbol.text),
    );
    item.append(link);
    return item;
  }

  function show() {
    const found = find(input.value);
    const open = input.value.trim() !== "";
    results.replaceChildren(...found.slice(0, mostResults).map(option));
    if (open && !found.length) {
      const none = element("li", "result-none", `No symbol matches “${input.value.trim()}”.`);
      none.setAttribute("role", "presentation");
      results.append(none);
    }
    results.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    status.textContent = open ? `${found.length} symbols` : "";
    choose(found.length ? 0 : -1);
  }

  function choose(index) {
    const items = results.querySelectorAll("[role=option]");
    items[chosen]?.setAttribute("aria-selected", "false");
    chosen = index;
    const item = items[index];
    if (!item) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", item.id);
  }

  function close() {
    results.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", () => input.value.trim() && show());
  input.addEventListener("keydown", (event) => {
    const count = results.querySelectorAll("[role=option]").length;
    if (event.key === "ArrowDown" && count) choose((chosen + 1) % count);
    else if (event.key === "ArrowUp" && count) choose((chosen - 1 + count) % count);
    else if (event.key === "Enter") results.querySelector("[aria-selected=true] a")?.click();
    else if (event.key === "Escape") {
      if (results.hidden) input.blur();
      else close();
    } else return;
    event.preventDefault();
  });
  results.addEventListener("click", (event) => {
    if (!event.target.closest("a")) return;
    close();
    input.value = "";
    input.blur();
  });
  results.addEventListener("mousemove", (event) => {
    const item = event.target.closest("[role=option]");
    const items = [...results.querySelectorAll("[role=option]")];
    if (item && items[chosen] !== item) choose(items.indexOf(item));
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) close();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
    const commandK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (commandK || (slash && !typing)) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });

  // A link to a search: index.html?q=resume_token
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) {
    input.value = asked;
    show();
  }

  // ---- Sidebar ------------------------------------------------------------------------------

  const sidebar = byId("sidebar");
  const menu = document.querySelector(".menu");
  const links = new Map();
  for (const link of sidebar.querySelectorAll("a")) links.set(link.hash.slice(1), link);

  function setMenu(open) {
    menu.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("menu-open", open);
  }
  menu.addEventListener("click", () => setMenu(menu.getAttribute("aria-expanded") !== "true"));
  sidebar.addEventListener("click", (event) => event.target.closest("a") && setMenu(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("menu-open")) {
      setMenu(false);
      menu.focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".sidebar, .menu")) setMenu(false);
  });

  let current;
  function highlight(link) {
    if (!link || link === current) return;
    current?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "location");
    current = link;
    const top = link.offsetTop - sidebar.scrollTop;
    if (top < 40 || top > sidebar.clientHeight - 60) {
      sidebar.scrollTop = link.offsetTop - sidebar.clientHeight / 3;
    }
  }

  const sections = [...document.querySelectorAll("[data-spy]")].filter(({ id }) => links.has(id));
  let waiting = false;
  function spy() {
    waiting = false;
    let seen = sections[0];
    for (const section of sections) {
      if (section.getBoundingClientRect().top > 140) break;
      seen = section;
    }
    highlight(links.get(seen.id));
  }
  function soon() {
    if (!waiting) requestAnimationFrame(spy);
    waiting = true;
  }
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon, { passive: true });
  spy();

  // ---- Colour theme -------------------------------------------------------------------------

  document.querySelector(".theme").addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Not stored: the choice lasts as long as the page.
    }
  });

  // ---- Copying code -------------------------------------------------------------------------

  for (const figure of document.querySelectorAll("figure.code")) {
    const button = element("button", "copy", "Copy");
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(figure.querySelector("code").textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    figure.querySelector("figcaption").append(button);
  }
})();
