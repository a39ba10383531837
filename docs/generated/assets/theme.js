// Applies the stored colour theme before the first paint.
"use strict";

(() => {
  try {
    const stored = localStorage.getItem("theme");
    if (stored === "light" || stored === "dark") document.documentElement.dataset.theme = stored;
  } catch {
    // Storage can be forbidden, for files say: then the system's choice stands.
  }
})();
