"""Checks a built site: every link leads somewhere, and nothing is loaded from elsewhere.

python -m docs_site.check var/site              within the site
python -m docs_site.check var/site --external   addresses elsewhere too, which needs the network
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from docs_site.built import BuiltPage, page_files

# Examples, and what readers start themselves.
_NOWHERE: Final = re.compile(r"(^|\.)example\.(com|org|net)$|^localhost$|^127\.|^\[::1\]$")
_IN_STYLE: Final = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
_AT_ONCE: Final = 8
_PATIENCE: Final = 20
# Some answer so to programs, and well to browsers.
_ALIVE: Final = frozenset({401, 403, 405, 429})


@dataclass
class Findings:
    """What was looked at, and what is wrong with it."""

    pages: int = 0
    links: int = 0
    anchors: int = 0
    loads: int = 0
    external: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)


def checked(site: Path) -> Findings:
    """Look at all links and all that is loaded within a site."""
    found = Findings()
    read = {path.resolve(): BuiltPage(path) for path in page_files(site)}
    for page in read.values():
        found.pages += 1
        for address in page.links:
            _check_link(site, page, address, read, found)
        for address in page.loads:
            _check_load(site, page, address, found)
    for sheet in site.rglob("*.css"):
        for address in _IN_STYLE.findall(sheet.read_text("utf-8")):
            found.problems.append(f"{sheet.relative_to(site)} loads {address}")
    return found


def dead(external: Mapping[str, list[str]]) -> Iterator[str]:
    """Ask for every address elsewhere; yield what is wrong with those that do not answer."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for address, problem in zip(external, pool.map(_asked, external), strict=True):
            if problem:
                yield f"{external[address][0]} links to {address}: {problem}"


def _check_link(
    site: Path, page: BuiltPage, address: str, read: Mapping[Path, BuiltPage], found: Findings
) -> None:
    where = str(page.path.relative_to(site))
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        if parts.scheme in ("http", "https") and not _NOWHERE.search(parts.hostname or ""):
            found.external[address].append(where)
        return
    found.links += 1
    target = page.path if not parts.path else page.path.parent / unquote(parts.path)
    target = target.resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        found.problems.append(f"{where} links to {address}, which is not there")
    elif parts.fragment and target in read:
        found.anchors += 1
        if unquote(parts.fragment) not in read[target].anchors:
            found.problems.append(f"{where} links to {address}, which has no such place")


def _check_load(site: Path, page: BuiltPage, address: str, found: Findings) -> None:
    where = str(page.path.relative_to(site))
    parts = urlsplit(address)
    found.loads += 1
    if parts.scheme == "data":
        return
    if parts.scheme or parts.netloc:
        found.problems.append(f"{where} loads {address} from elsewhere")
    elif not (page.path.parent / unquote(parts.path)).is_file():
        found.problems.append(f"{where} loads {address}, which is not there")


def _asked(address: str) -> str:
    request = Request(address, headers={"user-agent": "Mozilla/5.0 (link check)"})  # noqa: S310
    try:
        with urlopen(request, timeout=_PATIENCE):  # noqa: S310 -- only http and https are collected
            return ""
    except HTTPError as error:
        return "" if error.code in _ALIVE else f"status {error.code}"
    except OSError as error:
        return str(error)


def main(site: Path, *, external: bool) -> int:
    """Print what was checked; the result is the exit status."""
    found = checked(site)
    problems = [*found.problems, *(dead(found.external) if external else ())]
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    asked = "asked" if external else "not asked"
    sys.stdout.write(
        f"links: {found.pages} pages, {found.links} links within the site, {found.anchors} of them"
        f" to a place on a page, {found.loads} files loaded, {len(found.external)} addresses"
        f" elsewhere ({asked}); {len(problems)} problems\n"
    )
    return 1 if problems or not found.links else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), external="--external" in sys.argv))
