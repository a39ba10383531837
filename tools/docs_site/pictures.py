"""Takes a picture of every page of a built site, as four readers see it, and measures it.

    python -m docs_site.pictures SITE PICTURES CHROMIUM [reader or part of a path ...]

Pages are opened as files, as somebody who is offline does. Fails for pages that scroll sideways,
that load something from elsewhere or log an error, and for targets that a thumb misses; names pages
that are longer than a reader scrolls.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, FloatRect, sync_playwright

from docs_site.built import page_files

_MEASURE: Final = (Path(__file__).parent / "measure.js").read_text("utf-8")
# Pictures are cut here: what is below looks like what is above.
_HIGHEST: Final = 12_000
LONGEST: Final = 8.0
"""How many screens of a desktop a reader scrolls through a page that is no reference."""


@dataclass(frozen=True)
class Reader:
    """Whose eyes a page is seen with."""

    name: str
    width: int
    height: int
    scheme: str
    phone: bool


READERS: Final = tuple(
    Reader(f"{device}-{scheme}", width, height, scheme, phone)
    for device, width, height, phone in (("desktop", 1440, 900, False), ("phone", 390, 844, True))
    for scheme in ("light", "dark")
)


@dataclass
class Seen:
    """What one reader saw of one page."""

    page: str
    reader: Reader
    measured: dict[str, Any]
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    @property
    def length(self) -> str:
        """How long a page is that is longer than a reader scrolls; empty for others."""
        found = self.measured
        if self.reader is not READERS[0] or found["screens"] <= LONGEST:
            return ""
        return f"{found['screens']:.1f} screens, {found['contents']} entries of contents"

    def problems(self) -> Iterator[str]:
        """Say what a reader would trip over."""
        found = self.measured
        if found["sideways"]:
            yield f"scrolls sideways: {found['wide']}"
        if self.reader.phone and found["small"]:
            yield f"{found['small']} small targets: {found['smallNames']}"
        yield from (f"error: {error}" for error in self.errors)
        yield from (f"loads {address}" for address in self.outside)


def look(site: Path, pictures: Path, chromium: str, parts: Sequence[str]) -> Iterator[Seen]:
    """Open every page whose path has one of the parts, or every page.

    Parts that are names of readers, such as `phone-dark`, leave out the other readers.
    """
    names = {reader.name for reader in READERS} & set(parts)
    parts = [part for part in parts if part not in names]
    pages = [
        page
        for page in page_files(site)
        if not parts or any(part in page.relative_to(site).as_posix() for part in parts)
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for reader in (each for each in READERS if not names or each.name in names):
            context = _context(browser, reader)
            for page in pages:
                yield _seen(context, reader, site, page, pictures)
            context.close()
        browser.close()


def _context(browser: Browser, reader: Reader) -> BrowserContext:
    return browser.new_context(
        viewport={"width": reader.width, "height": reader.height},
        color_scheme="dark" if reader.scheme == "dark" else "light",
        has_touch=reader.phone,
        is_mobile=reader.phone,
    )


def _seen(context: BrowserContext, reader: Reader, site: Path, path: Path, pictures: Path) -> Seen:
    name = path.relative_to(site).as_posix()
    page = context.new_page()
    errors: list[str] = []
    outside: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda text: errors.append(text.text) if text.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:", "blob:"))
            else outside.append(request.url)
        ),
    )
    page.goto(path.resolve().as_uri(), wait_until="load")
    page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
    measured = page.evaluate(_MEASURE)
    target = pictures / reader.name / f"{name.removesuffix('.html')}.jpg"
    target.parent.mkdir(parents=True, exist_ok=True)
    height = min(measured["height"], _HIGHEST)
    clip: FloatRect = {"x": 0, "y": 0, "width": reader.width, "height": height}
    page.screenshot(path=target, full_page=True, clip=clip, type="jpeg", quality=60)
    page.close()
    return Seen(name, reader, measured, errors, outside)


def main(site: Path, pictures: Path, chromium: str, parts: Sequence[str]) -> int:
    """Print the findings; the result is the exit status."""
    looked = wrong = 0
    for seen in look(site, pictures, chromium, parts):
        looked += 1
        for problem in seen.problems():
            wrong += 1
            sys.stdout.write(f"{seen.reader.name} {seen.page}: {problem}\n")
        if seen.length:
            sys.stdout.write(f"long: {seen.page}, {seen.length}\n")
    sys.stdout.write(f"pictures: {looked} in {pictures}, {wrong} problems\n")
    return 1 if wrong or not looked else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
