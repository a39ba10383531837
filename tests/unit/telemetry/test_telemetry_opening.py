"""Whether a process traces: decided by the standard variables, and never a reason not to start."""

import asyncio
import sys
import threading
from collections.abc import Sequence

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from chat3_user.telemetry import OFF, opened
from chat3_user.telemetry.exporting import ReportedExporter
from support.recorded_spans import Recording

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_SDK_DISABLED", *ENDPOINT):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_SAMPLER": "always_on"}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": " otlp , console "}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", **ENDPOINT}, False),
        ({"OTEL_TRACES_EXPORTER": " "}, False),
        ({"OTEL_SDK_DISABLED": "TRUE", **ENDPOINT}, False),
        ({"OTEL_SDK_DISABLED": "false", **ENDPOINT}, True),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", **ENDPOINT}, True),
    ],
)
async def test_the_variables_decide(
    caplog: pytest.LogCaptureFixture, variables: dict[str, str], *, on: bool
) -> None:
    async with opened(variables) as tracing:
        assert tracing.on is on
    assert "nothing is traced" not in caplog.text


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        (
            {"OTEL_TRACES_EXPORTER": "zipkin"},
            "there is no exporter zipkin: pip install opentelemetry-exporter-zipkin",
        ),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", **ENDPOINT},
            "pip install opentelemetry-exporter-otlp-proto-grpc",
        ),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json", **ENDPOINT},
            "OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or grpc, got 'http/json'",
        ),
    ],
)
async def test_what_cannot_be_followed_is_said_and_nothing_is_traced(
    variables: dict[str, str], problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(variables) as tracing:
        assert tracing is OFF
    (record,) = caplog.records
    assert record.message == "nothing is traced"
    assert problem in str(vars(record)["problem"])


@pytest.fixture
def _no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("opentelemetry.sdk")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)


@pytest.mark.usefixtures("_no_sdk")
async def test_without_the_extra_the_message_says_how_to_get_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened(ENDPOINT) as tracing:
        assert tracing is OFF
    (record,) = caplog.records
    assert "pip install 'chat3-gateway[otel]'" in str(vars(record)["problem"])


@pytest.mark.usefixtures("_no_sdk")
async def test_without_the_extra_and_the_variables_nothing_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened({}) as tracing:
        assert tracing is OFF
    assert not caplog.records


async def test_a_provider_that_is_there_already_is_used_and_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = TracerProvider(shutdown_on_exit=False)
    monkeypatch.setattr("chat3_user.telemetry.opening.get_tracer_provider", lambda: theirs)
    async with opened({}) as tracing:
        assert tracing.on
    assert trace.get_tracer_provider() is not theirs
    # One that was shut down makes no spans any more.
    assert theirs.get_tracer("x").start_span("y").is_recording()


async def test_a_collector_that_never_answers_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("chat3_user.telemetry.opening._EXPORT_WITHIN", 0.1)
    before, gone = set(threading.enumerate()), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        async with opened({"OTEL_EXPORTER_OTLP_ENDPOINT": address}) as tracing:
            with tracing.operation("redis", "claim"):
                pass
        gone.set()
    assert "the last spans were not exported in time" in caplog.text
    # Before it tries again the exporter draws from `random`: in a later test, Hypothesis would take
    # that for a strategy's doing.
    for thread in set(threading.enumerate()) - before:
        await asyncio.to_thread(thread.join)


@pytest.mark.parametrize("result", list(SpanExportResult))
def test_what_was_not_exported_is_reported_in_one_line(
    result: SpanExportResult, caplog: pytest.LogCaptureFixture
) -> None:
    class Exporter(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return result

    recording = Recording()
    with recording.tracing.operation("redis", "claim"):
        pass
    assert ReportedExporter(Exporter(), "otlp").export(recording.spans) is result
    failed = result is SpanExportResult.FAILURE
    assert [record.message for record in caplog.records] == ["spans were not exported"] * failed
