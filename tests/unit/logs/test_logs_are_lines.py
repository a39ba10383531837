"""Events: one record is one line, JSON is JSON, nobody can forge a record, no text gets in."""

import json
import logging
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs_vocabulary import Writing

from chat3_user.call_context import CallContext, current_call
from chat3_user.logs.events import event_of
from chat3_user.logs.formats import JsonFormat, TextFormat

OURS = logging.getLogger("chat3_user.something")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
MARK = "c0ntent"


def formatted(log_format: str, message: str, extra: dict[str, Any]) -> str:
    record = logging.makeLogRecord(
        {
            "name": "chat3_user",
            "levelno": logging.INFO,
            "levelname": "INFO",
            "msg": message,
            **extra,
        }
    )
    form = JsonFormat(0) if log_format == "json" else TextFormat(0)
    return form.event(event_of(record)).decode().removesuffix("\n")


def test_text_has_the_date_the_level_the_message_and_what_is_known(writing: Writing) -> None:
    with writing(format="text") as written:
        OURS.warning("gone", extra={"retry_in_s": 1.5, "problem": "a b"})
    (line,) = written.lines
    stamp, rest = line.split(" ", 1)
    assert STAMP.fullmatch(stamp)
    assert rest == 'WARNING gone retry_in_s=1.5 problem="a b" worker=3'


def test_json_is_one_document_a_line(writing: Writing) -> None:
    with writing(format="json") as written:
        OURS.info("one\ntwo", extra={"n": 1, "ok": True})
    (document,) = written.documents
    assert STAMP.fullmatch(document.pop("time"))
    assert document == {
        "level": "info",
        "logger": "chat3_user.something",
        "message": "one\ntwo",
        "worker": 3,
        "n": 1,
        "ok": True,
    }


def test_what_is_written_during_a_call_carries_its_request_id(writing: Writing) -> None:
    with writing(format="json") as written:
        OURS.info("before")
        token = current_call.set(CallContext("req-7"))
        OURS.info("within")
        logging.getLogger("a.library").warning("within")
        current_call.reset(token)
    assert [document.get("request_id") for document in written.documents] == [
        None,
        "req-7",
        "req-7",
    ]


def fail() -> None:
    try:
        raise KeyError(MARK)
    except KeyError as error:
        raise ValueError(f"a value\n{MARK}") from error


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_is_one_record_without_the_texts_of_exceptions(
    writing: Writing, log_format: str
) -> None:
    with writing(format=log_format) as written:
        try:
            fail()
        except ValueError:
            OURS.exception("failed")
        OURS.info("after")
    assert MARK not in written.text.replace('f"a value\\n{MARK}"', "")
    if log_format == "json":
        first, _ = written.documents
        trace = first["exception"].splitlines()
    else:
        begins = [number for number, line in enumerate(written.lines) if not line[0].isspace()]
        assert begins == [0, len(written.lines) - 1]
        trace = [line.removeprefix("    ") for line in written.lines[1:-1]]
    assert [line for line in trace if " in " not in line] == ["KeyError", "then:", "ValueError"]
    assert sum("in fail:" in line for line in trace) == 2


class Row(msgspec.Struct):
    kind: int


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connect call failed"), "Connect call failed"),
        (KeyError(MARK), "KeyError"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_exception_among_fields_is_in_words(
    writing: Writing, error: Exception, words: str
) -> None:
    with writing(format="json") as written:
        OURS.warning("gone", extra={"problem": error, "what": [MARK]})
    (document,) = written.documents
    assert document["problem"].endswith(words)
    assert document["what"] == "list"
    assert MARK not in written.text


def test_an_exception_without_words_has_those_of_the_one_before(writing: Writing) -> None:
    with writing(format="json") as written:
        try:
            try:
                raise ConnectionRefusedError(111, "Connect call failed")
            except OSError:
                raise LookupError(MARK)  # noqa: B904 - as some libraries do
        except LookupError as error:
            OURS.warning("gone", extra={"problem": error})
    problem = written.documents[0]["problem"]
    assert problem == "LookupError: ConnectionRefusedError: Connect call failed"


def test_what_does_not_decode_is_named_by_its_place(writing: Writing) -> None:
    with writing(format="json") as written:
        try:
            msgspec.json.decode(f'[{{"kind": "{MARK}"}}]', type=list[Row])
        except msgspec.ValidationError as error:
            OURS.warning("no answer", extra={"problem": error})
    assert written.documents[0]["problem"] == "ValidationError at $[0].kind"


def test_of_what_libraries_log_only_the_form_is_written(writing: Writing) -> None:
    with writing(format="json", level="debug") as written:
        logging.getLogger("a.library").warning("got %s", MARK, extra={"body": MARK})
    assert written.documents[0]["message"] == "got %s"
    assert MARK not in written.text


def test_a_line_that_cannot_be_made_is_said_without_what_was_in_it(writing: Writing) -> None:
    with writing(format="json") as written:
        OURS.warning("one %s %s", MARK)
    (document,) = written.documents
    assert document["message"] == "a line cannot be written"
    assert "test_logs_are_lines.py" in document["place"]
    assert MARK not in written.text


def test_levels_are_kept_and_noise_is_not(writing: Writing) -> None:
    with writing(level="warning") as written:
        OURS.info("quiet")
        logging.getLogger("grpclib").warning("noise")
        logging.getLogger("aiormq").warning("noise")
        logging.getLogger("aiormq.connection").error("noise")
    assert written.text == ""
    with writing(level="debug") as written:
        logging.getLogger("hpack.hpack").debug("noise")
        logging.getLogger("h2").info("noise")
        OURS.debug("heard")
    assert [line.split()[2] for line in written.lines] == ["heard"]


def test_events_that_repeat_are_counted_and_those_that_name_a_thing_are_not(
    writing: Writing,
) -> None:
    with writing(format="json") as written:
        for number in range(100):
            OURS.warning("out", extra={"n": number})
        for number in range(100):
            OURS.warning("half", extra={"message_id": f"msg_{number}"})
    outs = [document for document in written.documents if document["message"] == "out"]
    halves = [document["message_id"] for document in written.documents if "message_id" in document]
    assert [(document["n"], document.get("count")) for document in outs] == [(0, None), (99, 99)]
    assert halves == [f"msg_{number}" for number in range(100)]


def test_failures_at_different_places_are_counted_apart(writing: Writing) -> None:
    with writing(format="json") as written:
        for number in range(5):
            try:
                if number == 4:
                    raise LookupError
                fail()
            except (LookupError, ValueError):
                OURS.exception("failed")
    ends = [document["exception"].splitlines()[-1] for document in written.documents]
    assert ends == ["ValueError", "LookupError", "ValueError"]
    assert [document.get("count") for document in written.documents] == [None, None, 3]


anything = st.text(st.characters(codec=None, exclude_categories=())) | st.integers() | st.binary()


@given(st.text(), anything)
def test_a_record_is_one_line_whatever_is_in_it(message: str, value: object) -> None:
    line = formatted("text", message, {"value": value})
    assert len(line.splitlines()) == 1
    line = formatted("json", message, {"value": value})
    assert not set(line) & {"\n", "\r"}
    document = json.loads(formatted("json", message, {"value": str(value)}))
    assert document["message"] == message


def test_a_line_cannot_be_forged() -> None:
    line = formatted("text", "call", {"user": "bob\n2026-01-01 ERROR forged user=eve"})
    assert "\n" not in line
    assert 'user="bob\\n2026-01-01' in line
