"""Logs: one record is one line, JSON is JSON, and nobody can forge a record."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat3_user import logs

Written = Callable[[], str]


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("grpclib", "aiormq")}
    yield root
    root.handlers[:], root.level = handlers, level
    for name, kept in levels.items():
        logging.getLogger(name).setLevel(kept)


def captured(root: logging.Logger, log_format: str, level: str = "info") -> io.StringIO:
    logs.configure(logs.LogSettings(log_format, level))
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    output = io.StringIO()
    handler.setStream(output)
    return output


def formatted(log_format: str, message: str, extra: dict[str, Any]) -> str:
    record = logging.makeLogRecord(
        {"name": "chat3", "levelno": logging.INFO, "levelname": "INFO", "msg": message} | extra
    )
    formatter = logs._JsonFormatter() if log_format == "json" else logs._TextFormatter()
    return formatter.format(record)


def test_text_has_time_level_message_and_what_is_known(root: logging.Logger) -> None:
    output = captured(root, "text")
    logging.getLogger("chat3").warning("gone", extra={"retry_in_s": 1.5, "problem": "a b"})
    (line,) = output.getvalue().splitlines()
    assert line[8:] == ' WARNING gone retry_in_s=1.5 problem="a b"'


def test_json_is_one_document_a_line(root: logging.Logger) -> None:
    output = captured(root, "json")
    logging.getLogger("chat3").info("one\ntwo", extra={"n": 1, "error": ValueError("x")})
    (line,) = output.getvalue().splitlines()
    document = json.loads(line)
    assert document.pop("time").endswith("Z")
    assert document == {
        "level": "info",
        "logger": "chat3",
        "message": "one\ntwo",
        "n": 1,
        "error": "x",
    }


def test_an_exception_is_part_of_its_line(root: logging.Logger) -> None:
    output = captured(root, "json")
    try:
        raise ValueError("line one\nline two")
    except ValueError:
        logging.getLogger("chat3").exception("failed")
    (line,) = output.getvalue().splitlines()
    assert "line two" in json.loads(line)["exception"]


def test_levels_are_kept_and_noise_is_not(root: logging.Logger) -> None:
    output = captured(root, "text", "warning")
    logging.getLogger("chat3").info("quiet")
    logging.getLogger("grpclib").warning("noise")
    logging.getLogger("aiormq").warning("noise")
    assert output.getvalue() == ""


anything = st.text(st.characters(codec=None, exclude_categories=())) | st.integers() | st.binary()


@settings(deadline=None)
@given(st.text(), anything)
def test_a_record_is_one_line_whatever_is_in_it(message: str, value: object) -> None:
    line = formatted("text", message, {"value": value})
    assert len(line.splitlines()) == 1
    line.encode()
    line = formatted("json", message, {"value": value})
    assert not set(line) & {"\n", "\r"}
    line.encode()
    document = json.loads(formatted("json", message, {"value": str(value)}))
    assert document["message"] == message


def test_a_line_cannot_be_forged() -> None:
    line = formatted("text", "call", {"user": "bob\n09:00:00 ERROR   forged user=eve"})
    assert "\n" not in line
    assert 'user="bob\\n09:00:00' in line
