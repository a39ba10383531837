"""A service process logs one line a call, in every protocol, and loses none when it ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from edge_vocabulary import DIALOGS, IDENTITY, SUBSCRIBE, RawClient, headers, message
from google.protobuf.message import Message
from integration_vocabulary import Client

from chat3_api.chat3.user import v1 as pb
from support.faults.wire import message_class
from support.patience import HANGS, STARTS
from support.ports import free_port
from support.web_client import FORMS, WebClient

TENANT, KEY = IDENTITY["x-tenant-id"], IDENTITY["x-api-key"]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Process:
    """The demo as a process of its own; what it logs goes to a file."""

    def __init__(self, port: int, log: Path, process: "subprocess.Popen[bytes]") -> None:
        self.port = port
        self._log = log
        self._process = process

    @property
    def documents(self) -> list[dict[str, Any]]:
        # A line that is being written has no end yet.
        whole = self._log.read_bytes().rpartition(b"\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [each for each in self.documents if each["logger"] == "chat3_user.calls"]

    async def logged(self, **fields: Any) -> dict[str, Any]:
        """Return the one line with these fields, once it is there."""
        async with asyncio.timeout(HANGS):
            while not (found := self.having(**fields)):
                await asyncio.sleep(0.01)
        (line,) = found
        return line

    def having(self, **fields: Any) -> list[dict[str, Any]]:
        return [
            each
            for each in self.documents
            if all(each.get(name) == value for name, value in fields.items())
        ]

    def ends(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STARTS)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    port, log = free_port(), tmp_path / "log"
    settings = {
        "DEMO": "true",
        "GRPC_PORT": str(port),
        "OPS_PORT": "0",
        "DEMO_PAGE_PORT": "0",
        "LOG_FORMAT": "json",
        "TENANT_API_URL": "",
        "RABBITMQ_URL": "",
    }
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "chat3_user", "--workers", "1"],
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
            stderr=output,
        )
    try:
        found = Process(port, log, running)
        deadline = time.monotonic() + STARTS
        while not found.having(message="serving"):
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield found
    finally:
        running.kill()
        running.wait(STARTS)


@asynccontextmanager
async def web(port: int) -> AsyncIterator[dict[str, WebClient]]:
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}"
        yield {str(form): WebClient(session, url, form, IDENTITY) for form in FORMS}


def foreign(name: str) -> tuple[Message, Any]:
    return message_class(f"{name}Request")(), message_class(f"{name}Response")


async def test_every_call_of_every_protocol_has_one_line(process: Process) -> None:
    wanted: dict[str, dict[str, Any]] = {}
    async with web(process.port) as clients, Client(f"127.0.0.1:{process.port}") as client:
        for name, each in clients.items():
            request, kind = foreign("GetUserDialogs")
            await each.call(DIALOGS, request, kind, x_request_id=f"unary-{name}")
            protocol = name.partition("+")[0]
            wanted[f"unary-{name}"] = {"protocol": protocol, "method": "GetUserDialogs"}
            request, kind = foreign("SubscribeUpdates")
            async with each.stream(SUBSCRIBE, request, kind, x_request_id=f"stream-{name}") as one:
                await one.read()
                assert not process.having(request_id=f"stream-{name}", message="call")
            wanted[f"stream-{name}"] = {"protocol": protocol, "method": "SubscribeUpdates"}
        caller = client.with_metadata({**IDENTITY, "x-request-id": "unary-grpc"})
        await caller.call(pb.GetUserDialogsRequest())
        wanted["unary-grpc"] = {"protocol": "grpc", "method": "GetUserDialogs"}
        caller = client.with_metadata({**IDENTITY, "x-request-id": "stream-grpc"})
        async with caller.subscribed():
            assert not process.having(request_id="stream-grpc", message="call")
        wanted["stream-grpc"] = {"protocol": "grpc", "method": "SubscribeUpdates"}
        for name, fields in wanted.items():
            line = await process.logged(message="call", request_id=name)
            assert {key: line[key] for key in fields} == fields
            streams = name.startswith("stream")
            assert line["status"] == ("CANCELLED" if streams else "OK")
            assert (line["tenant"], line["user"], line["worker"]) == (TENANT, "alice", 0)
            assert line["peer"] == "127.0.0.1"
            assert line["upstream_requests"] >= 1
            assert line["upstream_seconds"] > 0
            assert line["seconds"] > 0
            assert line["bytes_out"] > 50
        await _fails(client, process)
        wanted["req-9"] = {}
    assert process.ends() == 0
    assert sorted(each["request_id"] for each in process.calls) == sorted(wanted)


async def _fails(client: Client, process: Process) -> None:
    """See the line of a failed call: it says why, and names the caller's trace."""
    parent = f"00-{TRACE}-00f067aa0ba902b7-01"
    ids = {"x-request-id": "req-9", "traceparent": parent}
    refused = await client.with_metadata({**IDENTITY, **ids, "x-api-key": "wrong"}).fails(
        pb.GetUserDialogsRequest()
    )
    assert refused.request_id == "req-9"
    line = await process.logged(request_id="req-9")
    assert (line["status"], line["reason"]) == ("UNAUTHENTICATED", "API_KEY_INVALID")
    assert (line["trace_id"], line["level"]) == (TRACE, "info")


async def test_what_is_refused_before_it_is_a_call_is_a_line_a_second_of_each_kind(
    process: Process,
) -> None:
    begun = time.monotonic()
    async with await RawClient.open(process.port) as client:
        for number in range(40):
            sent = headers(x_request_id=f"r-{number}", grpc_timeout="soon")
            await client.call(sent, message())
            await client.call(headers(content_type="text/html"), message())
        await client.call(headers(f"{DIALOGS}X"), message())
    assert process.ends() == 0
    seconds = time.monotonic() - begun
    for kind, most in (("invalid_metadata", 40), ("http_415", 40), ("method_unknown", 1)):
        lines = process.having(message="refused", kind=kind)
        assert sum(line["count"] for line in lines) == most
        assert len(lines) <= 2 + seconds, "the first, one a second, and the last"
    named = process.having(kind="invalid_metadata")[0]
    assert (named["request_id"], named["method"]) == ("r-0", DIALOGS)
    assert not process.calls


async def test_the_last_calls_and_what_was_drained_are_in_the_log(process: Process) -> None:
    async with web(process.port) as clients, Client(f"127.0.0.1:{process.port}") as client:
        caller = client.with_metadata(IDENTITY)
        request, kind = foreign("SubscribeUpdates")
        async with clients["connect+proto"].stream(SUBSCRIBE, request, kind) as stream:
            await stream.read()
            await asyncio.gather(*(caller.call(pb.GetUserDialogsRequest()) for _ in range(50)))
            assert await asyncio.to_thread(process.ends) == 0
            while await stream.read() is not None:
                pass
            assert stream.end is not None
            assert stream.end.reason == "SHUTTING_DOWN"
    messages = [each["message"] for each in process.documents if each not in process.calls]
    assert messages[-2:] == ["draining", "drained"]
    assert {"starting", "serving"} <= set(messages)
    (starting,) = process.having(message="starting")
    assert starting["grpc"] == f"127.0.0.1:{process.port}"
    assert starting["tls"] == "none"
    (settings,) = process.having(message="settings that differ from their defaults")
    assert settings["LOG_FORMAT"] == "json"
    assert "LOG_CALLS_SLOW_SECONDS" not in settings
    (draining,) = process.having(message="draining")
    assert (draining["streams"], draining["requests"]) == (1, 1)
    calls = [each["method"] for each in process.calls]
    assert calls.count("GetUserDialogs") == 50
    (stream_line,) = process.having(method="SubscribeUpdates", message="call")
    assert (stream_line["status"], stream_line["reason"]) == ("UNAVAILABLE", "SHUTTING_DOWN")
