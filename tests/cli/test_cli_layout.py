"""How text fits a terminal: wrapped by its columns, in tables, cards and records."""

import asyncio
import fcntl
import os
import pty
import struct
import sys
import termios
from argparse import Namespace

import pytest
from cli_scripted_service import ScriptedService
from cli_vocabulary import DIALOG, MESSAGE
from hypothesis import given
from hypothesis import strategies as st

from chat3_api.chat3.user.v1 import (
    GetDialogMessagesRequest,
    GetDialogMessagesResponse,
    Message,
)
from chat3_cli.style import DIM, Style, safe, width
from chat3_cli.table import Column, Table
from chat3_cli.views import Record, Says, lines
from chat3_cli.wrapping import wrap

PLAIN, COLOURED = Style(coloured=False), Style(coloured=True)
WORDS = "the quick brown fox jumps over the lazy dog"
Row = tuple[str, str, str]


def table(columns: int | None, style: Style = PLAIN, **text: int) -> Table[Row]:
    return Table(
        (
            Column[Row](header="ID", cell=lambda row: row[0], colour=DIM),
            Column[Row](header="N", cell=lambda row: row[1], right=True),
            Column[Row](header="TEXT", cell=lambda row: row[2], text=True, **text),  # type: ignore[arg-type]
        ),
        Namespace(),
        style,
        columns,
    )


@given(st.text().map(safe), st.integers(2, 40))
def test_wrapped_text_fits_and_is_whole(text: str, columns: int) -> None:
    wrapped = wrap(text, columns)
    assert wrapped
    assert all(width(line) <= columns for line in wrapped)
    assert "".join(wrapped).replace(" ", "") == text.replace(" ", "")


@given(st.text().map(safe), st.integers(3, 40), st.integers(1, 3))
def test_text_beyond_the_most_lines_is_cut(text: str, columns: int, most: int) -> None:
    wrapped = wrap(text, columns, most)
    assert len(wrapped) <= most
    assert all(width(line) <= columns for line in wrapped)
    assert wrapped == wrap(text, columns) or wrapped[-1].endswith("…")


def test_text_breaks_at_spaces() -> None:
    assert wrap(WORDS, 15) == ["the quick brown", "fox jumps over", "the lazy dog"]
    assert wrap("abcdefghij kl", 4) == ["abcd", "efgh", "ij", "kl"]
    assert wrap("日本語日本語", 5) == ["日本", "語日", "本語"]
    assert wrap(WORDS, None) == [WORDS]


def test_a_long_text_is_wrapped_in_a_moment() -> None:
    assert len(wrap("x" * 1_000_000, 20)) == 50_000


def test_a_text_column_gives_way_to_the_others() -> None:
    assert list(table(30).lines([("a1", "7", WORDS), ("b2", "10", "short")])) == [
        "ID   N  TEXT",
        "a1   7  the quick brown fox",
        "        jumps over the lazy",
        "        dog",
        "b2  10  short",
    ]


def test_a_text_that_may_have_one_line_ends_in_an_ellipsis() -> None:
    shown = list(table(30, most_lines=1).lines([("a1", "7", WORDS)]))
    assert shown[1] == "a1  7  the quick brown fox…"


def test_without_a_terminal_nothing_is_wrapped() -> None:
    assert list(table(None).lines([("a1", "7", WORDS)]))[1] == f"a1  7  {WORDS}"


def test_a_terminal_too_narrow_for_a_table_gets_cards() -> None:
    assert list(table(20).lines([("a1", "7", "the quick brown fox")])) == [
        "ID    a1",
        "N     7",
        "TEXT  the quick",
        "      brown fox",
        "",
    ]


@pytest.mark.parametrize("columns", range(1, 80))
def test_a_header_is_never_broken(columns: int) -> None:
    header = "A HEADER OF MANY WORDS"
    column = Column[str](header=header, cell=lambda text: text, text=True)
    shown = list(Table([column], Namespace(), PLAIN, columns).lines([WORDS]))
    assert shown[0].startswith(header)


def test_later_pages_keep_the_columns_of_the_first() -> None:
    shown = table(None)
    first = list(shown.lines([("a1", "7", "x")]))
    assert list(shown.lines([])) == []
    assert [*first, *shown.lines([("b", "100", "y")])] == [
        "ID  N  TEXT",
        "a1  7  x",
        "b   100  y",
    ]


def test_colours_do_not_move_columns() -> None:
    shown = list(table(30, COLOURED).lines([("a1", "0", WORDS)]))
    assert shown[0] == "\x1b[1mID  N  TEXT\x1b[0m"
    assert shown[1] == "\x1b[2ma1\x1b[0m  \x1b[2m0\x1b[0m  the quick brown fox"
    assert shown[2] == "       jumps over the lazy dog"


@pytest.mark.parametrize("style", [PLAIN, COLOURED])
def test_cells_cannot_control_the_terminal(style: Style) -> None:
    (_, row) = table(None, style).lines([("a", "b", "\x1b[31mred")])
    assert row.endswith("\ufffd[31mred")


def test_a_record_wraps_its_values_beside_their_labels() -> None:
    record = Record("Fox", [("text", WORDS), ("none", None), ("empty", "")], "a\n\x1bb")
    assert list(lines(record, PLAIN, 25)) == [
        "Fox",
        "  text  the quick brown",
        "        fox jumps over",
        "        the lazy dog",
        "",
        "a",
        "\ufffdb",
    ]


def test_a_long_label_moves_its_own_value_only() -> None:
    record = Record("Fox", [("meta." + "k" * 30, "v"), ("a", "b")])
    assert list(lines(record, PLAIN, None))[1:] == [
        f"  meta.{'k' * 30}  v",
        f"  a{' ' * 23}  b",
    ]


def test_what_changed_nothing_is_dim() -> None:
    assert list(lines(Says("done"), COLOURED, 80)) == ["done"]
    assert list(lines(Says("as before", changed=False), COLOURED, 80)) == [
        "\x1b[2mas before\x1b[0m"
    ]


async def test_on_a_terminal_lists_fit_it(
    service: ScriptedService, environment: dict[str, str]
) -> None:
    found = Message(message_id=MESSAGE, sender_id="bob", content=WORDS * 5)
    service.answers[GetDialogMessagesRequest] = [GetDialogMessagesResponse(messages=[found])]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 70, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat3_cli", "messages", DIALOG),
        stdout=theirs,
        env={key: value for key, value in environment.items() if key not in ("COLUMNS", "LINES")}
        | {"NO_COLOR": "1"},
    )
    os.close(theirs)
    shown = await asyncio.to_thread(_all_of, ours)
    assert await process.wait() == 0
    rows = shown.splitlines()
    assert len(rows) > 5
    assert all(len(row) <= 70 for row in rows)
    assert rows[0].startswith("TIME  SENDER  MESSAGE ")


def _all_of(terminal: int) -> str:
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(terminal)
    return shown.decode()
