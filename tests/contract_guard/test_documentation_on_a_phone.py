"""The pages of the HTML reference as a browser shows them on a phone, measured in one go."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from contract_guard_browser import page_after
from contract_guard_project import ROOT
from documentation_site import Site, stored_site

SITE = ROOT / "docs/generated"
LONGEST = 12_000
WIDTH = 390
# Of each page: its height and width, and what a thumb cannot hit. Links within text are as high as
# the text; what is not laid out cannot be hit anyway.
MEASURE = """
const inText = "p, .prose, .rules, .advice, .merge, .about, .signature, td, span";
function measure(frame) {
  const page = frame.contentDocument;
  const small = [...page.querySelectorAll("a, button, input, summary")].filter((control) => {
    const { width, height } = control.getBoundingClientRect();
    const style = frame.contentWindow.getComputedStyle(control);
    const hidden = !width || style.visibility === "hidden" || control.className === "skip";
    const inline = style.display === "inline" && control.closest(inText);
    return !hidden && !inline && (height < 43.5 || width < 24);
  });
  return {
    path: frame.name,
    height: page.documentElement.scrollHeight,
    width: page.documentElement.scrollWidth,
    small: small.map((control) => control.outerHTML.slice(0, 120)),
  };
}
onload = () => {
  const frames = [...document.querySelectorAll("iframe")];
  document.body.dataset.found = JSON.stringify(frames.map(measure));
};
"""


@pytest.fixture(scope="module")
def site() -> Site:
    return stored_site(SITE)


@pytest.fixture(scope="module")
def measured(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder: Path = tmp_path_factory.mktemp("phone")
    frames = (
        f'<iframe width="{WIDTH}" name="{path}" src="{(SITE / path).as_uri()}"></iframe>'
        for path in site.pages
    )
    harness = folder / "harness.html"
    harness.write_text(f"<body>{''.join(frames)}<script>{MEASURE}</script></body>", "utf-8")

    dom = page_after(folder / "profile", harness.as_uri(), "--allow-file-access-from-files")

    found = re.search(r'<body data-found="([^"]*)"', dom)
    assert found is not None
    return {each["path"]: each for each in json.loads(html.unescape(found[1]))}


def test_no_page_is_longer_than_one_scrolls(
    site: Site, measured: dict[str, dict[str, Any]]
) -> None:
    assert measured.keys() == site.pages.keys()
    assert {path for path, each in measured.items() if each["height"] > LONGEST} == set()


def test_no_page_scrolls_sideways(measured: dict[str, dict[str, Any]]) -> None:
    assert {path for path, each in measured.items() if each["width"] > WIDTH} == set()


def test_a_thumb_hits_every_control(measured: dict[str, dict[str, Any]]) -> None:
    assert {path: each["small"] for path, each in measured.items() if each["small"]} == {}


def test_the_estimate_that_needs_no_browser_is_near(
    site: Site, measured: dict[str, dict[str, Any]]
) -> None:
    estimates = {path: round(page.height) for path, page in site.pages.items()}

    # Fonts differ between machines, and with them where lines break.
    assert {
        path: (each["height"], estimates[path])
        for path, each in measured.items()
        if not 0.6 < each["height"] / estimates[path] < 1.3
    } == {}
