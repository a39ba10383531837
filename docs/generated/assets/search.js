// Search without a server: loads the index when it is first needed, and ranks what matches.
"use strict";

window.docs = (() => {
  const root = document.documentElement.dataset.root;
  const kindOrder = ["guide", "service", "rpc", "message", "enum", "reason", "type", "oneof", "field", "value"];
  const mostNames = 12;
  const mostTexts = 20;
  const excerptLength = 170;

  // ---- The index ----------------------------------------------------------------------------

  let loading;
  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}assets/search-index.js`;
      script.addEventListener("load", () => resolve(read(window.searchIndex)));
      script.addEventListener("error", () => reject(new Error("The search index is missing.")));
      document.head.append(script);
    });
    return loading;
  }

  function read({ kinds, owners, pages, texts, rows }) {
    return rows.map(([kind, owner, page, path, text, heading]) => {
      const [file, title] = pages[page];
      const anchor = owner < 0 ? path : `${owners[owner]}.${path}`;
      const name = heading ?? path.slice(path.lastIndexOf(".") + 1);
      return {
        kind: kinds[kind],
        name,
        owner: heading ? "" : path.slice(0, path.length - name.length),
        page: title,
        anchor,
        href: `${root}${file}#${anchor}`,
        text: texts[text],
        lowerName: name.toLowerCase(),
        lowerPath: (heading ?? path).toLowerCase(),
        lowerAnchor: anchor.toLowerCase(),
        lowerText: texts[text].toLowerCase(),
        // `SendMessage` and `send_message` both begin words at s and m.
        words: name
          .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
          .toLowerCase()
          .split(/[\s_.]+/),
      };
    });
  }

  // ---- Ranking ------------------------------------------------------------------------------

  function nameScore(entry, term) {
    const squeezed = term.replace(/_/g, "");
    if (entry.lowerName === term || entry.lowerAnchor === term) return 100;
    if (entry.lowerPath === term || entry.lowerPath.endsWith(`.${term}`)) return 95;
    if (entry.lowerName.startsWith(term)) return 80;
    if (entry.words.some((word) => word.startsWith(term))) return 60;
    if (squeezed && entry.lowerName.replace(/_/g, "").includes(squeezed)) return 45;
    if (entry.lowerPath.includes(term)) return 30;
    return 0;
  }

  function textScore(entry, term) {
    const at = entry.lowerText.indexOf(term);
    if (at < 0) return 0;
    const begins = new RegExp(`(^|[^a-z0-9])${escaped(term)}`).test(entry.lowerText);
    const whole = new RegExp(`(^|[^a-z0-9])${escaped(term)}($|[^a-z0-9])`).test(entry.lowerText);
    return whole ? 9 : begins ? 7 : 2;
  }

  function escaped(term) {
    return term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }

  function termsOf(query) {
    return query.toLowerCase().replace(/["'`]/g, " ").split(/\s+/).filter(Boolean);
  }

  function ranked(found) {
    return found
      .sort(
        (a, b) =>
          b.points - a.points ||
          kindOrder.indexOf(a.entry.kind) - kindOrder.indexOf(b.entry.kind) ||
          a.entry.anchor.length - b.entry.anchor.length ||
          (a.entry.anchor < b.entry.anchor ? -1 : 1),
      )
      .map(({ entry }) => entry);
  }

  // Names match when each term is in the name or in the text, and one of them in the name.
  function find(entries, query) {
    const terms = termsOf(query);
    if (!terms.length) return { names: [], texts: [], terms };
    const phrase = terms.join(" ");
    const byName = [];
    const byText = [];
    for (const entry of entries) {
      const inName = terms.map((term) => nameScore(entry, term));
      const inText = terms.map((term) => textScore(entry, term));
      if (inName.some(Boolean) && terms.every((_, at) => inName[at] || inText[at])) {
        byName.push({ entry, points: inName.reduce((sum, each, at) => sum + (each || inText[at]), 0) });
      }
      if (inText.every(Boolean) && phrase.length > 1) {
        let points = inText.reduce((sum, each) => sum + each, 0) / terms.length;
        if (terms.length > 1 && entry.lowerText.includes(phrase)) points += 8;
        byText.push({ entry, points: points - Math.log2(1 + entry.text.length / 100) });
      }
    }
    const names = alikeOnce(ranked(byName)).slice(0, mostNames);
    const shown = new Set(names.flatMap(({ entry, others }) => [entry, ...others]));
    const unnamed = byText.filter(({ entry }) => !shown.has(entry));
    const texts = alikeOnce(ranked(unnamed)).slice(0, mostTexts);
    return { names, texts, terms };
  }

  // `idempotency_key` is in many requests, always with the same text: one result is enough.
  function alikeOnce(entries) {
    const first = new Map();
    for (const entry of entries) {
      const likeness = `${entry.name}\n${entry.text}`;
      if (first.has(likeness)) first.get(likeness).others.push(entry);
      else first.set(likeness, { entry, others: [] });
    }
    return [...first.values()];
  }

  // ---- Excerpts -----------------------------------------------------------------------------

  // Cuts a text around its first match: pieces of text, each with whether it matched.
  function excerpt(text, terms) {
    const lower = text.toLowerCase();
    const places = [terms.join(" "), ...terms].map((term) => lower.indexOf(term));
    const first = places.find((place) => place >= 0) ?? 0;
    let start = first > 60 ? text.lastIndexOf(" ", first - 30) + 1 : 0;
    if (text.length - start < excerptLength / 2) start = Math.max(0, text.indexOf(" ", text.length - excerptLength) + 1);
    const cut = text.slice(start, start + excerptLength);
    const whole = start + cut.length < text.length ? `${cut.slice(0, cut.lastIndexOf(" "))} …` : cut;
    const shown = (start ? "… " : "") + whole;
    if (!terms.length) return [[shown, false]];
    const pattern = new RegExp(`(${terms.map(escaped).join("|")})`, "gi");
    return shown.split(pattern).map((piece, at) => [piece, at % 2 === 1]);
  }

  return { load, find, excerpt };
})();
