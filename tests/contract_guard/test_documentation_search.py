"""Search over the HTML reference finds every symbol and all prose, in a browser and without."""

import html
import json
import re
from pathlib import Path

import pytest
from contract_guard_browser import page_after
from contract_guard_project import ROOT
from documentation_site import comments, stored_site, symbols
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from protoc_gen_chat3_docs.search_index import PassageReader

SITE = ROOT / "docs/generated"
SMALL = 400_000
"""What a phone loads without a thought, in bytes before compression."""


@pytest.fixture(scope="module")
def index() -> dict[str, list[list[object]]]:
    text = (SITE / "assets/search-index.js").read_text("utf-8")
    body = text[text.index("window.searchIndex = ") + len("window.searchIndex = ") :].rstrip(";\n")
    found: dict[str, list[list[object]]] = json.loads(re.sub(r",\s*([\]}])", r"\1", body))
    return found


def test_every_symbol_can_be_searched(
    index: dict[str, list[list[object]]], descriptors: FileDescriptorSet
) -> None:
    site = stored_site(SITE)
    owners, pages = index["owners"], index["pages"]
    places = {
        f"{owners[owner]}.{name}" if owner >= 0 else name: pages[page][0]
        for _, owner, page, name, *_ in index["rows"]
    }

    assert set(symbols(descriptors)) - places.keys() == set()
    assert [n for n, path in places.items() if n not in site.pages[str(path)].ids] == []


def test_all_prose_of_the_contract_can_be_searched(
    index: dict[str, list[list[object]]], descriptors: FileDescriptorSet
) -> None:
    texts = "\n".join(map(str, index["texts"]))
    sentences = {
        plain(sentence)
        for comment in comments(descriptors)
        for paragraph in re.split(r"\n\n|\n\|", comment)
        if not paragraph.startswith(("Rules:", "Status:", "Example:", " ", "To merge", "|"))
        for sentence in re.split(r"(?<=[.;]) ", " ".join(paragraph.split()))[:1]
        if not re.match(r"[A-Z][a-z]+:|---", sentence)
    }

    assert len(sentences) > 300
    assert {each for each in sentences if each not in texts} == set()


def plain(markdown: str) -> str:
    return re.sub(r"[`\\]", "", markdown).rstrip("| ")


def test_prose_of_the_guides_can_be_searched(index: dict[str, list[list[object]]]) -> None:
    texts = [str(text) for text in index["texts"]]

    assert any("it listens on 127.0.0.1:50051" in text for text in texts)
    assert any("fall back to the gRPC status code" in text for text in texts)


def test_rules_and_merge_rules_are_prose(index: dict[str, list[list[object]]]) -> None:
    texts = [str(text) for text in index["texts"]]

    assert any("Rules required; dlg_ and 20 characters" in text for text in texts)
    assert any("replace its status_counts" in text for text in texts)


def test_the_index_is_small_and_holds_no_text_twice(index: dict[str, list[list[object]]]) -> None:
    assert (SITE / "assets/search-index.js").stat().st_size < SMALL
    assert len({str(text) for text in index["texts"]}) == len(index["texts"])


def test_code_and_navigation_are_no_prose() -> None:
    reader = PassageReader()
    reader.feed(
        '<nav id="n">menu</nav><main><section id="a"><h2>Head</h2><p>Some <b>bold</b> text.</p>'
        '<figure id="f">code</figure><p data-unsearched>again</p></section><p>loose</p></main>'
    )

    assert {name: " ".join(p.text.split()) for name, p in reader.passages.items()} == {
        "": "loose",
        "a": "Some bold text.",
        "f": "",
    }
    assert reader.passages["a"].heading == "Head"


# ---- In a browser ----------------------------------------------------------------------------


def results(tmp_path: Path, query: str, page: str = "index.html") -> str:
    dom = page_after(tmp_path, f"{(SITE / page).as_uri()}?q={query}")
    return dom[dom.index('id="results"') : dom.index('id="search-status"')]


def test_search_finds_a_symbol(tmp_path: Path) -> None:
    found = results(tmp_path, "sendmessagerequest.meta")

    first = re.search(r'href="([^"]+)"', found)
    assert first is not None
    assert first[1] == (
        "chat3.user.v1/UserService/SendMessage.html#chat3.user.v1.SendMessageRequest.meta"
    )


def test_search_finds_prose_and_marks_it(tmp_path: Path) -> None:
    page = "chat3.user.v1/UserService/SendMessage.html"

    found = results(tmp_path, "percent-encoded+utf-8", page)

    assert "In the text" in found
    assert "<mark>Percent-encoded</mark> <mark>UTF-8</mark>" in found
    assert 'href="../../chat3.user.v1/UserService/identity.html#identity"' in found


def test_fields_that_are_alike_are_one_result(tmp_path: Path) -> None:
    found = results(tmp_path, "idempotency_key")

    # One for the keys of users, one for those of back ends, which belong to an API key.
    assert found.count('class="result-kind kind-field"') == 2
    assert re.search(r" and \d+ more", found)


def test_search_says_that_it_finds_nothing(tmp_path: Path) -> None:
    found = html.unescape(results(tmp_path, "xyzzy<b>"))

    assert "Nothing matches “xyzzy<b>”." in found
    assert "<a" not in found


@pytest.mark.parametrize(
    ("anchor", "heading"),
    [
        ("chat3.user.v1.SendMessageRequest.meta", "SendMessage"),
        ("chat3.user.v1.ErrorReason.ERROR_REASON_NOT_A_MEMBER", "PERMISSION_DENIED"),
        ("google.rpc.RetryInfo", "Google types"),
        ("failures", "Failures and retries"),
    ],
)
def test_an_anchor_of_the_page_that_had_everything_leads_on(
    tmp_path: Path, anchor: str, heading: str
) -> None:
    dom = page_after(tmp_path, f"{(SITE / 'index.html').as_uri()}#{anchor}")

    assert f'id="{anchor}"' in dom
    assert re.search(rf"<h1>(<code>)?{heading}<", dom)
