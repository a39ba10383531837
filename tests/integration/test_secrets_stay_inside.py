"""Runs calls with recognisable secrets at debug level, and searches all that comes out."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from edge_vocabulary import DIALOGS, SUBSCRIBE, RawClient, demo, headers
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chat3_user import telemetry
from chat3_user.methods import METHODS
from support.ports import free_port

SECRET = "s3cr3t-of-an-application"
SERVICE = DIALOGS.rpartition("/")[0] + "/"
PASSWORD = "pa55word-of-an-operator"


async def _calls(port: int) -> bytes:
    """Make calls that succeed and fail in many ways; return all that was answered."""
    seen = b""
    sent: Sequence[list[tuple[str, str]]] = [
        headers(x_api_key=SECRET),
        headers(x_api_key=SECRET, x_user_id="a.b"),
        headers(x_api_key=SECRET + " with a space"),
        headers(x_api_key=SECRET, x_more="y" * 20_000),
        headers(x_api_key=SECRET, some_bin="a"),
        headers(x_api_key=SECRET, te=""),
        headers(DIALOGS + "X", x_api_key=SECRET),
        *(
            headers(f"/{method.service.full_name}/{method.name}", x_api_key=SECRET)
            for method in METHODS.values()
        ),
        headers(SUBSCRIBE, x_api_key=SECRET),
        headers(SUBSCRIBE, x_api_key=SECRET, x_user_id="nobody"),
    ]
    async with await RawClient.open(port) as client:
        for one in sent:
            answer = await client.call(one)
            seen += json.dumps(answer.headers).encode() + answer.data
        answer = await client.call(headers(x_api_key=SECRET), b"\0\0\0\0\x05abcd")
        seen += json.dumps(answer.headers).encode()
        client.send(b"\xff" * 100)
        await client.closed.wait()
        seen += repr(client.gone).encode()
    return seen


@pytest.mark.parametrize("upstream", ["demo", "unreachable"])
async def test_no_secret_is_logged_answered_or_measured(upstream: str, tmp_path: Path) -> None:
    grpc, ops = free_port(), free_port()
    environment = os.environ | {
        "DEMO": "true",
        "GRPC_PORT": str(grpc),
        "OPS_PORT": str(ops),
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
        "RATE_LIMIT_KEY_READ": "3/minute",
        "PYTHONASYNCIODEBUG": "1",
    }
    if upstream == "unreachable":
        environment |= {
            "TENANT_API_URL": f"http://someone:{PASSWORD}@127.0.0.1:1",
            "RABBITMQ_URL": f"amqp://someone:{PASSWORD}@127.0.0.1:1/",
            "REDIS_URL": f"redis://someone:{PASSWORD}@127.0.0.1:1/0",
        }
    command = [sys.executable, "-m", "chat3_user", "--workers", "1"]
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220
            command, env=environment, stdout=output, stderr=output
        )
        try:
            await _listening(grpc)
            seen = await _calls(grpc)
            async with aiohttp.ClientSession() as session:
                for path in ("metrics", "readyz", "healthz"):
                    async with session.get(f"http://127.0.0.1:{ops}/{path}") as answer:
                        seen += await answer.read()
        finally:
            process.terminate()
            process.wait(30)
    output_bytes = (tmp_path / "output").read_bytes()
    assert b"connection ended" in output_bytes, "debug level was not on"
    printed = subprocess.run(  # noqa: ASYNC221
        [*command, "--print-config"], env=environment, capture_output=True, check=True
    )
    for secret in (SECRET, PASSWORD):
        for name, text in (
            ("log", output_bytes),
            ("answer", seen),
            ("--print-config", printed.stdout + printed.stderr),
        ):
            lines = [line for line in text.splitlines() if secret.encode() in line]
            assert not lines, f"{name}: {lines[0][:500]!r}"


async def test_no_secret_is_in_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracing", lambda: True)
    monkeypatch.setattr(telemetry, "_tracer", lambda: provider.get_tracer("test"))
    assert trace.get_tracer_provider() is not provider
    async with demo() as service:
        await _calls(service.grpc_port)
    spans = exporter.get_finished_spans()
    assert spans
    text = " ".join(span.to_json() for span in spans)
    assert SECRET not in text
    assert "GetUserDialogs" in text


async def _listening(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
