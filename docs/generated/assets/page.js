// A page's moving parts: anchors that moved, the sidebar, the colour theme, buttons that copy code.
"use strict";

(() => {
  const root = document.documentElement;

  // ---- Anchors that are on another page -------------------------------------------------------

  // `index.html#chat3.user.v1.SendMessage` led there when all was one page; and types can move.
  async function follow() {
    const anchor = decodeURIComponent(location.hash.slice(1));
    if (!anchor || document.getElementById(anchor)) return;
    const entries = await docs.load();
    const found = entries.find((entry) => entry.anchor === anchor);
    if (found) location.replace(found.href);
  }
  const followed = () => follow().catch(() => {}); // Without an index, the page stays as it is.
  addEventListener("hashchange", followed);
  followed();

  // ---- Sidebar ------------------------------------------------------------------------------

  const sidebar = document.getElementById("sidebar");
  const menu = document.querySelector(".menu");

  function setMenu(open) {
    menu.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("menu-open", open);
    if (open) reveal();
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

  // Scrolls the sidebar, not the page, to the page that is read.
  function reveal(link = sidebar.querySelector("[aria-current=page]")) {
    if (!link) return;
    const top = link.getBoundingClientRect().top - sidebar.getBoundingClientRect().top;
    if (top < 40 || top > sidebar.clientHeight - 60) sidebar.scrollTop += top - sidebar.clientHeight / 3;
  }
  reveal();

  // ---- Where on the page ----------------------------------------------------------------------

  const links = new Map();
  for (const link of sidebar.querySelectorAll("a.part")) links.set(link.hash.slice(1), link);
  const sections = [...document.querySelectorAll("[data-spy]")].filter(({ id }) => links.has(id));
  let current;

  function spy() {
    let seen;
    for (const section of sections) {
      if (section.getBoundingClientRect().top > 140) break;
      seen = section;
    }
    const link = seen && links.get(seen.id);
    if (link === current) return;
    current?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "location");
    current = link;
    if (link) reveal(link);
  }
  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      spy();
    });
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
    const button = document.createElement("button");
    button.className = "copy";
    button.type = "button";
    button.textContent = "Copy";
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
