"""The log of calls: one line each, fewer by setting, floods of failures counted and none lost."""

import threading

import pytest
from logs_vocabulary import FINISHED, Writing
from msgspec.structs import replace

from chat3_user.logs.calls import CallLog
from chat3_user.logs.formats import TextFormat
from chat3_user.logs.lines import Lines
from chat3_user.logs.settings import LogSettings
from support.patience import HANGS

FAILED = replace(FINISHED, status="NOT_FOUND", reason="DIALOG_NOT_FOUND")


def test_json_has_every_field(writing: Writing) -> None:
    with writing(format="json") as written:
        written.call(FINISHED)
    (document,) = written.documents
    del document["time"]
    assert document == {
        "level": "info",
        "logger": "chat3_user.calls",
        "message": "call",
        "worker": 3,
        "method": "GetDialog",
        "path": "/chat3.user.v1.UserService/GetDialog",
        "protocol": "grpc",
        "status": "OK",
        "reason": "",
        "tenant": "tnt_one",
        "user": "alice",
        "peer": "192.0.2.1",
        "seconds": 0.0125,
        "upstream_seconds": 0.0101,
        "upstream_requests": 1,
        "bytes_in": 31,
        "bytes_out": 250,
        "request_id": "req-1",
        "trace_id": "",
    }


def test_text_has_what_the_call_has(writing: Writing) -> None:
    with writing() as written:
        written.call(replace(FAILED, user="a b", trace_id="ab" * 16))
        written.call(replace(FINISHED, tenant="", user=""))
        written.call(replace(FINISHED, peer="x status=OK"))
    failed, anonymous, forged = (line.split(" ", 1)[1] for line in written.lines)
    assert failed == (
        "INFO    call method=GetDialog protocol=grpc status=NOT_FOUND reason=DIALOG_NOT_FOUND"
        " seconds=0.012500 upstream_seconds=0.010100 upstream_requests=1 bytes_in=31 bytes_out=250"
        f' tenant=tnt_one user="a b" peer=192.0.2.1 request_id=req-1 trace_id={"ab" * 16} worker=3'
    )
    assert "tenant" not in anonymous
    assert "user" not in anonymous
    assert ' peer="x status=OK" ' in forged


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("OK", "info"),
        ("CANCELLED", "info"),
        ("NOT_FOUND", "info"),
        ("UNAVAILABLE", "warning"),
        ("DEADLINE_EXCEEDED", "warning"),
        ("INTERNAL", "error"),
    ],
)
def test_a_fault_of_the_service_is_louder_than_one_of_its_caller(
    writing: Writing, status: str, level: str
) -> None:
    with writing(format="json") as written:
        written.call(replace(FINISHED, status=status))
    assert [document["level"] for document in written.documents] == [level]
    with writing(format="json", level="warning") as written:
        written.call(replace(FINISHED, status=status))
    assert len(written.lines) == (level != "info")


def test_of_calls_that_ended_well_a_share_is_logged_and_all_that_were_slow_or_failed(
    writing: Writing,
) -> None:
    with writing(format="json", calls_ok_share=0.0, calls_slow_seconds=2.0) as written:
        for seconds in (0.1, 1.999, 2.0, 100.0):
            written.call(replace(FINISHED, seconds=seconds))
            written.call(replace(FAILED, seconds=seconds))
    found = [(document["status"], document["seconds"]) for document in written.documents]
    assert [seconds for status, seconds in found if status == "OK"] == [2.0, 100.0]
    assert [seconds for status, seconds in found if status != "OK"] == [0.1, 1.999, 2.0, 100.0]


def test_the_share_is_a_chance(null: int) -> None:
    lines = Lines(null, lambda count: b"%d" % count)
    asked: list[float] = []

    def chance() -> float:
        asked.append(0.0)
        return len(asked) % 4 / 4

    log = CallLog(LogSettings(calls_ok_share=0.25), lines, Counting(), chance)
    for _ in range(400):
        log(FINISHED)
    lines.close()
    assert len(asked) == 400
    assert Counting.made == 100


class Counting(TextFormat):
    made = 0

    def __init__(self) -> None:
        super().__init__(0)
        Counting.made = 0

    def call(self, *given: object) -> bytes:
        Counting.made += 1
        return b"\n"


def test_a_flood_of_failures_is_counted_by_status_and_reason(
    writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat3_user.logs.repeats._SECOND", HANGS)
    outage = replace(FINISHED, status="UNAVAILABLE", reason="UPSTREAM_UNAVAILABLE")
    with writing(format="json") as written:
        for number in range(500):
            written.call(replace(outage, request_id=f"req-{number}"))
            written.call(FINISHED)
        written.call(FAILED)
    documents = [each for each in written.documents if each["status"] != "OK"]
    single = [each for each in documents if each["message"] == "call"]
    (summary,) = [each for each in documents if each["message"] == "repeated calls"]
    assert [each["request_id"] for each in single[:-1]] == [f"req-{number}" for number in range(10)]
    assert single[-1]["reason"] == "DIALOG_NOT_FOUND"
    assert (summary["count"], summary["reason"], summary["level"], summary["request_id"]) == (
        490,
        "UPSTREAM_UNAVAILABLE",
        "warning",
        "req-499",
    )
    assert sum(each["status"] == "OK" for each in written.documents) == 500


def test_every_failed_call_gets_its_line_where_that_is_set(writing: Writing) -> None:
    with writing(format="json", calls_failed_per_second=0) as written:
        for _ in range(200):
            written.call(FAILED)
    assert len(written.lines) == 200


def test_no_line_of_several_threads_is_lost_at_the_end(writing: Writing) -> None:
    def log() -> None:
        for _ in range(500):
            written.call(FINISHED)

    with writing(format="json") as written:
        threads = [threading.Thread(target=log) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(written.documents) == 2000
