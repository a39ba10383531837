// The search field and the list of results below it, for mouse, touch and keyboard.
"use strict";

(() => {
  const input = document.getElementById("search");
  const results = document.getElementById("results");
  const status = document.getElementById("search-status");
  let chosen = -1;

  function element(tag, className, ...content) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...content);
    return made;
  }

  function marked(text, terms) {
    return docs
      .excerpt(text, terms)
      .map(([piece, matched]) => (matched ? element("mark", "", piece) : piece));
  }

  function option({ entry, others }, terms, number) {
    const title = element("span", "result-name");
    if (entry.owner) title.append(element("span", "result-owner", entry.owner));
    title.append(entry.name);
    const more = others.length ? ` and ${others.length} more` : "";
    if (entry.page !== entry.name || more) {
      title.append(element("span", "result-page", entry.page + more));
    }
    const link = element(
      "a",
      "",
      element("span", `result-kind kind-${entry.kind}`, entry.kind),
      title,
      element("span", "result-text", ...marked(entry.text, terms)),
    );
    link.href = entry.href;
    link.tabIndex = -1;
    const item = element("li", "", link);
    item.id = `result-${number}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    return item;
  }

  function group(title, found, terms, first) {
    const list = element("ul", "result-group");
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", title);
    const heading = element("li", "result-title", title);
    heading.setAttribute("role", "presentation");
    list.append(heading, ...found.map((each, at) => option(each, terms, first + at)));
    return list;
  }

  async function show() {
    const query = input.value.trim();
    if (!query) {
      close();
      return;
    }
    let entries;
    try {
      entries = await docs.load();
    } catch (error) {
      open([element("p", "result-none", error.message)], error.message);
      return;
    }
    if (input.value.trim() !== query) return; // Typed on while the index was loading.
    const { names, texts, terms } = docs.find(entries, query);
    const groups = [];
    if (names.length) groups.push(group("Names", names, terms, 0));
    if (texts.length) groups.push(group("In the text", texts, terms, names.length));
    if (!groups.length) groups.push(element("p", "result-none", `Nothing matches “${query}”.`));
    open(groups, `${names.length} names, ${texts.length} places in the text`);
    choose(names.length + texts.length ? 0 : -1);
  }

  function open(groups, said) {
    results.replaceChildren(...groups);
    results.setAttribute("role", "listbox");
    results.setAttribute("aria-label", "Results");
    results.hidden = false;
    results.scrollTop = 0;
    chosen = -1;
    input.setAttribute("aria-expanded", "true");
    status.textContent = said;
  }

  function close() {
    results.hidden = true;
    status.textContent = "";
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function options() {
    return [...results.querySelectorAll("[role=option]")];
  }

  function choose(index) {
    const items = options();
    items[chosen]?.setAttribute("aria-selected", "false");
    chosen = index;
    const item = items[index];
    if (!item) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    item.setAttribute("aria-selected", "true");
    if (index) item.scrollIntoView({ block: "nearest" });
    else results.scrollTop = 0;
    input.setAttribute("aria-activedescendant", item.id);
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", () => (input.value.trim() ? show() : docs.load().catch(() => {})));
  input.addEventListener("keydown", (event) => {
    const count = results.hidden ? 0 : options().length;
    if (event.key === "ArrowDown" && count) choose((chosen + 1) % count);
    else if (event.key === "ArrowUp" && count) choose((chosen - 1 + count) % count);
    else if (event.key === "Enter" && count) options()[chosen]?.querySelector("a").click();
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
    const at = options().indexOf(event.target.closest("[role=option]"));
    if (at >= 0 && at !== chosen) choose(at);
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
})();
