// What a reader would trip over on this page; run in the page by `docs_site.pictures`.
(() => {
  const root = document.scrollingElement;
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && box.width > 1 && box.height > 1;
  };
  const name = (element) =>
    `${element.tagName.toLowerCase()}.${[...element.classList].join(".")} "${element.textContent.trim().slice(0, 30)}"`;

  // A link within a sentence is as high as the sentence; what stands alone is pressed by a thumb.
  const inText = (element) => {
    if (element.tagName !== "A" || getComputedStyle(element).display !== "inline") return false;
    return element.closest("p, li, td, th, dd, dt, figcaption, summary, span, div")?.textContent.trim() !== element.textContent.trim();
  };
  const targets = [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), .tabbed-labels > label")]
    .filter((element) => seen(element) && !inText(element));
  const small = targets.filter((element) => {
    const box = element.getBoundingClientRect();
    return box.height < 43.5 || box.width < 43.5;
  });

  // What is wider than the page and does not scroll inside.
  const wide = [...document.querySelectorAll("article *")].filter((element) => {
    if (!seen(element) || element.getBoundingClientRect().right <= innerWidth + 1) return false;
    for (let above = element.parentElement; above; above = above.parentElement) {
      if (/auto|scroll|hidden/.test(getComputedStyle(above).overflowX)) return false;
    }
    return true;
  });
  return {
    height: root.scrollHeight,
    screens: root.scrollHeight / innerHeight,
    sideways: root.scrollWidth > root.clientWidth + 1,
    wide: wide.slice(0, 3).map(name),
    small: small.length,
    smallNames: [...new Set(small.map(name))].slice(0, 4),
    chips: Math.max(0, ...[...document.querySelectorAll(".chips, .badges, td, p")].map((e) => e.querySelectorAll(":scope > .badge, :scope > li, :scope > code").length)),
    contents: document.querySelectorAll(".md-sidebar--secondary .md-nav__link").length,
  };
})();
