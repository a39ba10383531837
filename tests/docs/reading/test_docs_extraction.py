"""How blocks are found on a page, and how what is shown is compared with what came."""

import pytest

from support.documents.blocks import Block, MarkError, blocks
from support.documents.commands import commands
from support.documents.shown import pattern

PAGE = """# Title

=== "Python"

    <!-- terminal: 2; keeps running -->

    ```py title="watch.py"
    print("a")

        indented
    ```

## Second {#second}

<!-- not run: it needs a cluster -->
```console
$ kubectl get pods
```
"""


def one(text: str) -> Block:
    return next(blocks(text, "page.md"))


def test_a_block_knows_its_place_its_tab_and_its_marks() -> None:
    first, second = blocks(PAGE, "page.md")
    assert (first.language, first.title, first.tabs) == ("python", "watch.py", ("Python",))
    assert first.text == 'print("a")\n\n    indented\n'
    assert first.marks == {"terminal": "2", "keeps running": ""}
    assert (first.place, first.section, first.terminal) == ("page.md:7", "Title", "2")
    assert (second.section, second.tabs) == ("Second", ())
    assert second.skipped == "it needs a cluster"


@pytest.mark.parametrize("mark", ["not run", "not run:", "terminal: 2; in colour"])
def test_a_mark_that_says_nothing_is_refused(mark: str) -> None:
    with pytest.raises(MarkError):
        one(f"<!-- {mark} -->\n```sh\nls\n```\n")


def test_a_block_without_an_end_is_refused() -> None:
    with pytest.raises(MarkError):
        one("```sh\nls\n")


def test_commands_of_a_console_have_what_they_show() -> None:
    block = one("```console\n$ cd x\n$ curl a \\\n    -d '{\n  }'\n{}\n...\n```\n")
    first, second = commands(block)
    assert (first.text, first.shown, first.line) == ("cd x", [], 2)
    assert second.text == "curl a \\\n    -d '{\n  }'"
    assert second.shown == ["{}", "..."]


def test_commands_of_a_script_end_where_the_shell_says() -> None:
    block = one(
        "```sh\n# first\ncat > a <<'EOF'\nline\nEOF\n\nfor a in b; do\n  echo $a\ndone\n```\n"
    )
    assert [each.text for each in commands(block)] == [
        "cat > a <<'EOF'\nline\nEOF",
        "for a in b; do\n  echo $a\ndone",
    ]


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ("sent msg_ovi6 at 15:03:03", "sent msg_a1b2c3 at 09:00:01\n"),
        ("a   b", "a b\n"),
        ("...\nend", "one\ntwo\nend\n"),
        ('{"a":…', '{"a":1,\n"b":2}\n'),
        ("…end", "\x02begin\nend\n"),
        ("dlg_demogeneral000000000", "dlg_demogeneral000000000\n"),
        ("id 95d387540297e15d.", "id 0a1b2c3d4e5f60718293.\n"),
    ],
)
def test_what_differs_each_time_may_differ(shown: str, came: str) -> None:
    assert pattern(shown.splitlines()).fullmatch(came)


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ("sent", "sent twice\n"),
        ("one\ntwo", "one\n"),
        ("one", "one\ntwo\n"),
        ("dlg_demogeneral000000000", "dlg_demoweekend000000000\n"),
        ("a…c", "a\nc\n"),
        ("2 dialogs", "3 dialogs\n"),
    ],
)
def test_what_is_the_same_each_time_must_be_the_same(shown: str, came: str) -> None:
    assert not pattern(shown.splitlines()).fullmatch(came)
