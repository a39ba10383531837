"""Logs hold nothing that callers or the platform say: marked calls of every method leave none."""

import asyncio
import gc
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from edge_vocabulary import RawClient, message
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from grpclib.exceptions import GRPCError
from integration_vocabulary import DIALOG, MESSAGE, Caller, Client, Scripted, marking, sending
from test_broken_updates import envelope, publish
from test_every_protocol import foreign
from test_upstream_answers import MESSAGE_JSON, MESSAGES

from chat3_api.chat3.user import v1 as pb
from chat3_user import logs
from chat3_user.finished_call import Observer
from chat3_user.methods import METHODS, Bidi, Streaming
from chat3_user.process.loop_failures import report
from chat3_user.tenant_api.transport import Http
from support.all_cases import CASES
from support.gateway import TENANT, Gateway, Upstream, metadata, run_gateway
from support.method_cases import ACTOR, Scene
from support.patience import HANGS
from support.rabbitmq import RabbitMQ
from support.tokens import token
from support.web_client import FORMS, CallFailed, WebClient

CONTENT, HEADER, ANSWER = "c0ntent-of-a-message", "h3ader-of-a-caller", "4nswer-of-the-platform"
GOOD_KEY, BAD_KEY = "g00d-key-of-an-application", "b4d-key-of-an-application"
TOKEN = token(user=ACTOR, tenant=TENANT, key=GOOD_KEY)
OLD_TOKEN = token(user=ACTOR, tenant=TENANT, key=GOOD_KEY, created_at=0)
MARKS = [
    *(CONTENT, HEADER, ANSWER, GOOD_KEY, BAD_KEY),
    *(part for text in (TOKEN, OLD_TOKEN) for part in text.split(".")[1:] if part),
]
SAFE = ("_id", "_ids", "_token", "filter", "sort")
"""Fields whose marks would have a call refused before it does anything; see `whole`."""

_TOGETHER = 12
"""Methods that are called at once."""


class Log:
    """The log while the service runs; ``observer`` writes the lines of calls."""

    def __init__(self, path: Path, observer: Observer) -> None:
        self._path = path
        self.observer = observer

    def text(self) -> str:
        return self._path.read_text()

    def messages(self) -> list[str]:
        return [json.loads(line)["message"] for line in self.text().splitlines()]


@contextmanager
def logging_to(path: Path) -> Iterator[Log]:
    with path.open("wb") as file:
        settings = logs.LogSettings("json", "debug", calls_failed_per_second=0)
        with logs.written(settings, 0, file.fileno()) as observer:
            yield Log(path, observer)


def marked(request: Message, *, whole: bool) -> Message:
    """Return a request whose texts are marks; ``whole`` marks those that lead to something, too."""
    for field, value in request.ListFields():
        if field.type == field.TYPE_MESSAGE and not field.is_repeated:
            if isinstance(value, Struct):
                value.update({"note": CONTENT})
            else:
                marked(value, whole=whole)
    for field in request.DESCRIPTOR.fields:
        if field.type != field.TYPE_STRING or field.is_repeated or field.containing_oneof:
            continue
        if whole or (getattr(request, field.name) and not field.name.endswith(SAFE)):
            setattr(request, field.name, f"{CONTENT} {field.name}")
    return request


def _case(name: str, upstream: Upstream) -> Message:
    """Return the honest call of a method, with marks for content."""
    scene = Scene(upstream)
    assert scene.dialog
    return marked(foreign(CASES[name](scene)), whole=False)


async def _by_grpc(caller: Caller, name: str, request: Message) -> None:
    method = METHODS[name]
    ours = method.request().parse(request.SerializeToString())
    with suppress(GRPCError):
        if isinstance(method, Bidi):
            await caller.conversed(ours)
        elif isinstance(method, Streaming):
            async with caller.subscribed(ours):
                pass
        else:
            await caller.call(ours)


async def _by_web(client: WebClient, name: str, request: Message) -> None:
    method = METHODS[name]
    if isinstance(method, Bidi):
        return
    path = f"/{method.service.full_name}/{method.name}"
    kind = type(foreign(method.response()))
    with suppress(CallFailed):
        if isinstance(method, Streaming):
            async with client.stream(path, request, kind) as stream:
                await stream.read()
        else:
            await client.call(path, request, kind)


def assert_unmarked(text: str, marks: Sequence[str] = MARKS) -> None:
    for line in text.splitlines():
        assert not [mark for mark in marks if mark in line], line


@pytest.mark.timeout(600)
async def test_calls_of_every_method_leave_no_mark(
    upstream: Upstream, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    upstream.store.add_key(GOOD_KEY, ("read", "write", "delete"))
    with logging_to(tmp_path / "log") as log:
        async with (
            run_gateway(upstream.url, rabbitmq.url, [log.observer]) as gateway,
            Client(gateway.address) as client,
            aiohttp.ClientSession() as session,
        ):
            headers = {"x-note": HEADER, "cookie": HEADER}
            by_key = {**metadata(ACTOR, key=GOOD_KEY), **headers}
            by_token = {"authorization": f"Bearer {TOKEN}", **headers}
            callers = [client.with_metadata(sent) for sent in (by_key, by_token)]
            clients = [
                WebClient(session, f"http://{gateway.address}", form, by_key) for form in FORMS
            ]
            names = list(METHODS)
            for at in range(0, len(names), _TOGETHER):
                requests = {name: _case(name, upstream) for name in names[at : at + _TOGETHER]}
                # Equal writes of several callers wait for one another.
                await asyncio.gather(
                    *(
                        call
                        for name, request in requests.items()
                        for call in (
                            *(_by_grpc(caller, name, request) for caller in callers),
                            *(_by_web(each, name, request) for each in clients),
                            _by_grpc(callers[0], name, marked(deepcopy(request), whole=True)),
                            _by_web(clients[0], name, marked(deepcopy(request), whole=True)),
                        )
                    )
                )
            await _refused(gateway, client, session, headers)
            await _broken_updates(client, upstream)
    text = log.text()
    assert_unmarked(text)
    documents = [json.loads(line) for line in text.splitlines()]
    seen = {(each["method"], each["protocol"]) for each in documents if each["message"] == "call"}
    bidi = {name for name, method in METHODS.items() if isinstance(method, Bidi)}
    wanted = {
        (name, protocol)
        for name in METHODS
        for protocol in ("grpc", "grpc_web", "connect")
        if protocol == "grpc" or name not in bidi
    }
    assert wanted <= seen
    reached = {each["method"] for each in documents if each.get("status") == "OK"}
    assert len(reached) > len(METHODS) * 0.8, "most methods do something with marks"
    assert "connection ended" in log.messages(), "debug level was not on"


async def _refused(
    gateway: Gateway, client: Client, session: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    """Make calls that are refused in many ways."""
    dialogs = METHODS["GetUserDialogs"].request()
    for sent in (
        metadata(ACTOR, key=BAD_KEY),
        {**metadata(ACTOR), "x-user-id": f"{CONTENT}.*"},
        {**metadata(ACTOR), "x-tenant-id": f"{CONTENT}.*"},
        {**metadata(ACTOR), "x-request-id": f"{CONTENT} with a space"},
        {"authorization": f"Bearer {OLD_TOKEN}"},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": f"Bearer {TOKEN}", "x-api-key": BAD_KEY},
    ):
        await client.with_metadata({**sent, **headers}).fails(dialogs)
    path = "/chat3.user.v1.UserService/GetUserDialogs"
    url = f"http://{gateway.address}"
    for given in (
        {"data": f'{{"{CONTENT}": "{CONTENT}"}}'},
        {"data": f'{{"filter": "{CONTENT}'},
        {"data": CONTENT, "headers": {"content-type": CONTENT}},
        {"data": CONTENT, "headers": {"content-encoding": CONTENT}},
        {"data": "{}", "headers": {"connect-timeout-ms": CONTENT}},
        {"params": {"message": CONTENT, "access_token": TOKEN}},
    ):
        common = {"content-type": "application/json", **metadata(ACTOR, key=GOOD_KEY)}
        given["headers"] = {**common, **given.get("headers", {})}
        async with session.post(url + path, **given) as answer:
            await answer.read()
        async with session.get(f"{url}{path}/{CONTENT}", headers=given["headers"]) as answer:
            await answer.read()
    async with await RawClient.open(int(gateway.address.rpartition(":")[2])) as raw:
        base = {":method": "POST", ":scheme": "http", ":authority": CONTENT, "te": "trailers"}
        head = {**base, ":path": f"/{CONTENT}", "content-type": "application/grpc"}
        await raw.call([*head.items(), (f"{CONTENT}-bin", CONTENT)], message(CONTENT.encode()))
        raw.send(CONTENT.encode())
        await raw.closed.wait()


async def _broken_updates(client: Client, upstream: Upstream) -> None:
    """Have updates published that fit no kind, or nobody."""
    caller = client.with_metadata(metadata(ACTOR, key=GOOD_KEY))
    async with caller.subscribed() as stream:
        for number, data in enumerate(({"user": CONTENT}, {"user": {"userId": [CONTENT]}})):
            await publish(upstream, envelope(event=f"evt_{number}", data=data))
        await publish(upstream, json.dumps({"tenantId": [CONTENT]}).encode())
        await publish(upstream, f'{{"tenantId": {CONTENT}'.encode())
        await publish(upstream, envelope(event="evt_last"))
        async with asyncio.timeout(HANGS):
            while (await stream.update()).event_id != "evt_last":
                pass


ANSWERS: list[tuple[int, Any]] = [
    (200, f"<html>{ANSWER}</html>".encode()),
    (200, {"data": [{"dialogId": [ANSWER]}], "pagination": ANSWER}),
    (200, {ANSWER: ANSWER}),
    (200, {**MESSAGES, "data": [{**MESSAGE_JSON, "createdAt": ANSWER}]}),
    (400, {"error": ANSWER, "message": ANSWER, "code": ANSWER, "details": {ANSWER: ANSWER}}),
    (403, {"error": "Forbidden", "message": ANSWER}),
    (404, f"<html>{ANSWER}</html>".encode()),
    (404, {"message": ANSWER}),
    (409, {"message": ANSWER, "code": ANSWER}),
    (418, {"message": ANSWER}),
    (429, {"message": ANSWER}),
    (500, {"message": ANSWER}),
    (502, ANSWER.encode()),
]


async def test_what_the_platform_says_leaves_no_mark(
    scripted: Scripted, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    with logging_to(tmp_path / "log") as log:
        async with (
            run_gateway(
                scripted.url, rabbitmq.url, [log.observer], tenant_api_circuit_failures=0
            ) as gateway,
            Client(gateway.address) as client,
        ):
            caller = client.with_metadata(metadata(ACTOR, key=GOOD_KEY))
            requests = (
                pb.GetUserDialogsRequest(),
                pb.GetDialogMessagesRequest(dialog_id=DIALOG),
                sending(DIALOG, CONTENT, idempotency_key=""),
                marking(DIALOG, MESSAGE),
            )
            for status, body in ANSWERS:
                scripted.says(body, status=status)
                for request in requests:
                    with suppress(GRPCError):
                        await caller.call(request, timeout=2.0)
    text = log.text()
    assert_unmarked(text)
    lines = [json.loads(line) for line in text.splitlines()]
    during = [line for line in lines if line["logger"].startswith("chat3_user.tenant_api")]
    assert len({line["message"] for line in during}) >= 4
    assert all(line["request_id"] for line in during)


def _caused(error: Exception) -> Exception:
    """Return an exception that two others led to, with a note, as an exception may have it."""
    error.add_note(CONTENT)
    error.__cause__ = KeyError(CONTENT)
    error.__cause__.__context__ = RuntimeError(CONTENT, {CONTENT: CONTENT})
    return error


def _unlike_us() -> list[Exception]:
    """Return exceptions whose texts have marks, as libraries and the interpreter make them."""
    return [
        _caused(error)
        for error in (
            ValueError(CONTENT),
            OSError(CONTENT),
            UnicodeDecodeError("utf-8", CONTENT.encode(), 0, 1, CONTENT),
            UnicodeEncodeError("ascii", CONTENT, 0, 1, CONTENT),
            json.JSONDecodeError(CONTENT, CONTENT, 0),
            msgspec.ValidationError(f"Invalid enum value {CONTENT!r} - at `$.data[0].type`"),
            msgspec.ValidationError(f"Invalid value {CONTENT!r}"),
            ExceptionGroup(CONTENT, [TypeError(CONTENT), ValueError(CONTENT)]),
            AttributeError(CONTENT, name=CONTENT, obj=CONTENT),
        )
    ]


async def test_exceptions_and_their_tracebacks_leave_no_mark(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody expects is raised, within calls and where nobody waits for it."""
    errors = _unlike_us()

    def fail(error: Exception) -> None:
        marked_local = CONTENT
        assert marked_local
        raise error

    async def failing(*_: object) -> None:
        fail(errors[at])

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(report)
    with logging_to(tmp_path / "log") as log:
        async with (
            run_gateway(scripted.url, "", [log.observer]) as gateway,
            Client(gateway.address) as client,
        ):
            caller = client.with_metadata(metadata(ACTOR, key=GOOD_KEY))
            monkeypatch.setattr(Http, "call", failing)
            for at, error in enumerate(errors):
                with pytest.raises(GRPCError):
                    await caller.call(pb.GetUserDialogsRequest())
                loop.call_soon(fail, error)
                task = asyncio.create_task(failing(), name=f"test-{at}")
                await asyncio.wait([task])
                del task
                gc.collect()
    loop.set_exception_handler(None)
    text = log.text()
    assert_unmarked(text)
    traced = [json.loads(line) for line in text.splitlines() if '"exception":' in line]
    assert {each["message"] for each in traced} == {
        "call failed",
        "something failed that nobody waits for",
    }
    told = "\n".join(each["exception"] for each in traced)
    assert {type(error).__name__ for error in errors} <= {*re.findall(r"\w+", told)}
    assert "ValidationError at $.data[0].type" in told
    assert told.count("KeyError") >= len(errors), "causes are told"
