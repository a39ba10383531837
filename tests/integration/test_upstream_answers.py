"""Whatever the platform answers, a caller gets a reason of the catalogue, soon, and no trace."""

import asyncio
import gzip
import json
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web
from grpclib.const import Status
from integration_vocabulary import (
    DIALOG,
    MESSAGE,
    Caller,
    Client,
    Failure,
    Scripted,
    marking,
    reacting,
    sending,
)

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from support.gateway import run_gateway
from support.patience import HANGS
from support.ports import free_port

pytestmark = pytest.mark.broker("in_process")

Reason = pb.ErrorReason
HTML = b"<!DOCTYPE html><html><body><pre>Cannot GET /api/users</pre></body></html>"
PAGINATION = {"page": 1, "limit": 10, "total": 1, "pages": 1}
DIALOGS = {"data": [{"dialogId": DIALOG, "context": {"userId": "alice"}}], "pagination": PAGINATION}
MESSAGE_JSON = {
    "messageId": MESSAGE,
    "dialogId": DIALOG,
    "senderId": "alice",
    "type": "internal.text",
    "content": "x",
}
MESSAGES = {"data": [MESSAGE_JSON], "pagination": PAGINATION}
RECORD = {"messageId": MESSAGE, "userId": "alice", "status": "read", "createdAt": 1795424735959.5}

REQUESTS: dict[str, Any] = {
    "dialogs": pb.GetUserDialogsRequest(),
    "messages": pb.GetDialogMessagesRequest(dialog_id=DIALOG),
    "send": sending(DIALOG),
    "status": marking(DIALOG, MESSAGE),
    "reaction": reacting(DIALOG, MESSAGE),
    "unset": reacting(DIALOG, MESSAGE, action=pb.ReactionAction.UNSET),
    "typing": pb.SendTypingIndicatorRequest(dialog_id=DIALOG),
    "subscribe": pb.SubscribeUpdatesRequest(),
}
every_call = pytest.mark.parametrize("name", REQUESTS)


def discreet(refused: Failure) -> bool:
    """Return whether nothing of the inside is told."""
    told = refused.message + str(dict(refused.details))
    return not any(word in told for word in ("Traceback", "127.0.0.1", "msgspec", "aiohttp", "<"))


UNREADABLE: dict[str, bytes] = {
    "HTML": HTML,
    "nothing": b"",
    "half": json.dumps(DIALOGS).encode()[:-9],
    "not UTF-8": b'{"data": [{"dialogId": "\xff\xfe"}], "pagination": {}}',
    "a list": b"[]",
    "null": b"null",
    "null data": b'{"data": null}',
    "other types": b'{"data": {"messageId": 7, "userId": [], "expiresInMs": "x"}, "pagination": 1}',
    "a nest without end": b'{"data":' * 200_000,
    "numbers beyond all": b'{"data": 1e999}',
    "32 MB": b'{"data": "' + b"x" * 32_000_000 + b'"}',
}


@every_call
@pytest.mark.parametrize("kind", ["HTML", "nothing", "other types"])
async def test_an_answer_nobody_understands_is_told_as_such(
    tricked: Caller, scripted: Scripted, name: str, kind: str
) -> None:
    scripted.says(UNREADABLE[kind])
    refused = await tricked.fails(REQUESTS[name])
    assert refused.status is Status.INTERNAL
    assert refused.reason is Reason.UPSTREAM_INVALID_RESPONSE
    assert refused.metadata["route"].startswith(("GET /api/", "POST /api/"))
    assert discreet(refused)


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_what_cannot_be_decoded_is_logged_to_be_found(
    tricked: Caller, scripted: Scripted, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.says(UNREADABLE[kind])
    refused = await tricked.fails(REQUESTS["dialogs"])
    assert refused.reason is Reason.UPSTREAM_INVALID_RESPONSE
    assert discreet(refused)
    (record,) = (item for item in caplog.records if "decoded" in item.getMessage())
    assert vars(record)["route"] == "GET /api/users/{user_id}/dialogs"
    assert vars(record)["bytes"] == len(UNREADABLE[kind])


@pytest.mark.parametrize("stated", ["yesterday", "1e5", "", "1" * 40, 1e300])
async def test_a_time_that_is_none_is_an_answer_nobody_understands(
    tricked: Caller, scripted: Scripted, stated: Any
) -> None:
    scripted.says({**MESSAGES, "data": [{**MESSAGE_JSON, "createdAt": stated}]})
    refused = await tricked.fails(REQUESTS["messages"])
    assert refused.reason is Reason.UPSTREAM_INVALID_RESPONSE
    assert discreet(refused)


async def test_a_count_beyond_the_contract_is_an_answer_nobody_understands(
    tricked: Caller, scripted: Scripted
) -> None:
    scripted.says({**DIALOGS, "pagination": {**PAGINATION, "total": 2**40}})
    refused = await tricked.fails(REQUESTS["dialogs"])
    assert refused.reason is Reason.UPSTREAM_INVALID_RESPONSE


@pytest.mark.parametrize("stated", ["1795424735959.186035", 1795424735959.186, None, ...])
async def test_all_forms_of_a_time_are_read(
    tricked: Caller, scripted: Scripted, stated: Any
) -> None:
    message = MESSAGE_JSON if stated is ... else {**MESSAGE_JSON, "createdAt": stated}
    scripted.says({**MESSAGES, "data": [message]})
    page = await tricked.call(REQUESTS["messages"])
    created = page.messages[0].create_time
    assert (created is None) if stated in {None, ...} else (created.microsecond == 959_186)


@every_call
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_is_unavailable_and_says_when_to_retry(
    tricked: Caller, scripted: Scripted, name: str, status: int
) -> None:
    scripted.says(HTML, status=status)
    refused = await tricked.fails(REQUESTS[name])
    assert refused.status is Status.UNAVAILABLE
    assert refused.reason is Reason.UPSTREAM_UNAVAILABLE
    assert refused.retry_after > 0
    assert discreet(refused)


@every_call
async def test_a_platform_that_is_down_is_unavailable(broker_url: str, name: str) -> None:
    async with (
        run_gateway(f"http://127.0.0.1:{free_port()}", broker_url) as gateway,
        Client(gateway.address) as client,
    ):
        refused = await client.as_user("alice").fails(REQUESTS[name])
    assert refused.status is Status.UNAVAILABLE
    assert refused.reason is Reason.UPSTREAM_UNAVAILABLE
    assert refused.retry_after > 0
    assert discreet(refused)


async def test_a_connection_that_breaks_off_is_unavailable(
    tricked: Caller, scripted: Scripted
) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"data": [')
        assert request.transport is not None
        request.transport.abort()
        return response

    scripted.answer = break_off
    refused = await tricked.fails(REQUESTS["dialogs"])
    assert refused.reason is Reason.UPSTREAM_UNAVAILABLE


async def test_a_body_without_end_is_not_read_for_ever(tricked: Caller, scripted: Scripted) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 1_000_000)

    scripted.answer = endless
    refused = await tricked.fails(REQUESTS["dialogs"], timeout=15)
    assert refused.reason is Reason.UPSTREAM_INVALID_RESPONSE


async def test_a_compressed_answer_is_read(tricked: Caller, scripted: Scripted) -> None:
    scripted.says(gzip.compress(json.dumps(DIALOGS).encode()), headers={"Content-Encoding": "gzip"})
    assert (await tricked.call(REQUESTS["dialogs"])).dialogs[0].dialog_id == DIALOG


async def test_the_content_type_is_not_trusted(tricked: Caller, scripted: Scripted) -> None:
    scripted.says(json.dumps(DIALOGS).encode(), content_type="text/html")
    assert (await tricked.call(REQUESTS["dialogs"])).dialogs[0].dialog_id == DIALOG


async def test_a_key_is_not_carried_along_a_redirect(tricked: Caller, scripted: Scripted) -> None:
    scripted.says(b"", status=302, headers={"Location": f"{scripted.url}/elsewhere"})
    refused = await tricked.fails(REQUESTS["dialogs"])
    assert refused.reason is Reason.UPSTREAM_REJECTED
    assert [path for _, path, _ in scripted.asked] == ["/api/users/alice/dialogs?page=1&limit=10"]


@pytest.mark.parametrize("status", [400, 402, 405, 409, 418, 422])
@pytest.mark.parametrize("body", [HTML, b'{"error":"Bad Request","message":"\xd0\xbd\xd0\xb5"}'])
async def test_a_refusal_against_the_contract_keeps_the_platforms_words_inside(
    tricked: Caller, scripted: Scripted, status: int, body: bytes
) -> None:
    scripted.says(body, status=status)
    refused = await tricked.fails(REQUESTS["dialogs"])
    assert refused.status is Status.FAILED_PRECONDITION
    assert refused.reason is Reason.UPSTREAM_REJECTED
    assert refused.metadata["http_status"] == str(status)
    assert refused.message.isascii()
    assert discreet(refused)


async def test_a_platform_that_says_413_says_request_too_large(
    tricked: Caller, scripted: Scripted
) -> None:
    scripted.says(HTML, status=413)
    refused = await tricked.fails(REQUESTS["send"])
    assert refused.reason is Reason.REQUEST_TOO_LARGE


async def test_a_body_over_100_kb_is_not_even_sent(tricked: Caller, scripted: Scripted) -> None:
    scripted.says(MESSAGES)
    meta = Struct.from_dict({f"k{number}": "ä" * 1_000 for number in range(60)})
    refused = await tricked.fails(sending(DIALOG, "x" * 9_000, meta=meta))
    assert refused.reason is Reason.REQUEST_TOO_LARGE
    assert [method for method, _, _ in scripted.asked] == ["GET"]


async def test_a_status_falls_back_to_put_and_remembers_it(
    tricked: Caller, scripted: Scripted
) -> None:
    async def old(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return web.Response(body=HTML, status=404, content_type="text/html")
        return web.json_response({"data": {**MESSAGE_JSON, **RECORD}})

    scripted.answer = old
    for _ in range(3):
        answer = await tricked.call(marking(DIALOG, MESSAGE))
        assert answer.record.status is pb.MessageStatus.READ
    written = [method for method, path, _ in scripted.asked if path.endswith("/status/read")]
    assert written == ["POST", "PUT", "PUT", "PUT"]


async def test_a_write_whose_answer_has_no_time_is_told_as_such(
    tricked: Caller, scripted: Scripted
) -> None:
    scripted.says({**MESSAGES, "data": {**MESSAGE_JSON, **RECORD, "createdAt": "soon"}})
    refused = await tricked.fails(REQUESTS["status"])
    assert refused.reason is Reason.UPSTREAM_INVALID_RESPONSE
    assert refused.metadata["route"].startswith("POST ")


async def test_a_message_found_without_a_time_is_told_as_such(
    tricked: Caller, scripted: Scripted
) -> None:
    async def lost(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response({**MESSAGES, "data": [{**MESSAGE_JSON, "createdAt": "soon"}]})
        return web.json_response({}, status=502)

    scripted.answer = lost
    refused = await tricked.fails(sending(DIALOG, idempotency_key="k"))
    assert refused.reason is Reason.UPSTREAM_INVALID_RESPONSE
    assert discreet(refused)


async def test_a_fall_back_that_fails_too_ends(tricked: Caller, scripted: Scripted) -> None:
    async def neither(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response({"data": MESSAGE_JSON})
        return web.Response(body=HTML, status=404, content_type="text/html")

    scripted.answer = neither
    refused = await tricked.fails(marking(DIALOG, MESSAGE))
    assert refused.reason is Reason.UPSTREAM_INVALID_RESPONSE
    assert len(scripted.asked) == 3


@pytest.mark.parametrize("name", ["status", "reaction", "unset"])
async def test_the_duplicate_guard_stays_invisible(
    tricked: Caller, scripted: Scripted, name: str
) -> None:
    refusals = 2

    async def guarded(request: web.Request) -> web.StreamResponse:
        nonlocal refusals
        if request.method == "GET":
            return web.json_response({"data": MESSAGE_JSON})
        if refusals:
            refusals -= 1
            body = {"error": "Too Many Requests", "message": "Duplicate request detected."}
            return web.json_response(body, status=429)
        return web.json_response({"data": RECORD}, status=201)

    scripted.answer = guarded
    assert await tricked.call(REQUESTS[name])
    assert refusals == 0


async def test_a_guard_that_never_opens_ends_with_the_deadline(
    scripted: Scripted, broker_url: str
) -> None:
    async def closed(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response({"data": MESSAGE_JSON})
        return web.json_response({"error": "Too Many Requests", "message": ""}, status=429)

    scripted.answer = closed
    async with (
        run_gateway(scripted.url, broker_url, default_deadline=1.0) as gateway,
        Client(gateway.address) as client,
    ):
        refused = await client.as_user("alice").fails(marking(DIALOG, MESSAGE), timeout=None)
    assert refused.reason is Reason.DEADLINE_EXCEEDED


@pytest.mark.parametrize("name", [name for name in REQUESTS if name != "subscribe"])
async def test_the_callers_deadline_ends_the_request_upstream(
    tricked: Caller, scripted: Scripted, name: str
) -> None:
    scripted.answer = slow
    for timeout in (0.5, 2.0, 8.0):
        # The service stops a little before the caller does; on a busy machine the caller can win,
        # or the time is over before anything is asked.
        with suppress(TimeoutError):
            refused = await tricked.fails(REQUESTS[name], timeout=timeout)
            assert refused.status is Status.DEADLINE_EXCEEDED
            assert refused.reason is Reason.DEADLINE_EXCEEDED
        if scripted.asked:
            break
    async with asyncio.timeout(HANGS):
        await scripted.dropped.wait()


async def slow(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


@every_call
async def test_a_call_that_is_cancelled_is_cancelled_upstream(
    tricked: Caller, scripted: Scripted, name: str
) -> None:
    scripted.answer = slow
    call = asyncio.create_task(tricked.fails(REQUESTS[name], timeout=None))
    async with asyncio.timeout(HANGS):
        while not scripted.asked:
            await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await scripted.dropped.wait()


async def test_calls_without_a_deadline_get_the_services(
    scripted: Scripted, broker_url: str
) -> None:
    scripted.answer = slow
    async with (
        run_gateway(scripted.url, broker_url, default_deadline=0.3) as gateway,
        Client(gateway.address) as client,
    ):
        refused = await client.as_user("alice").fails(REQUESTS["dialogs"], timeout=None)
    assert refused.reason is Reason.DEADLINE_EXCEEDED


async def test_identity_reaches_the_platform_and_nothing_else_of_the_caller(
    tricked: Caller, scripted: Scripted
) -> None:
    scripted.says(DIALOGS)
    extra = {**tricked.metadata, "x-forwarded-for": "1.2.3.4", "cookie": "c=1", "accept": "*/*"}
    await Caller(tricked.channel, extra).call(REQUESTS["dialogs"])
    (headers,) = scripted.headers
    assert headers["X-API-Key"] == "key-all"
    assert headers["X-Tenant-Id"] == "tnt_one"
    assert not {"x-forwarded-for", "cookie", "x-user-id"} & {name.lower() for name in headers}


@pytest.mark.parametrize("user", ["a%2Fb", "a%3Fb", "%C2%B7%C2%B7", "a%26b"])
async def test_a_user_id_cannot_leave_its_segment_of_the_path(
    tricked: Caller, scripted: Scripted, user: str
) -> None:
    scripted.says(DIALOGS)
    caller = Caller(tricked.channel, {**tricked.metadata, "x-user-id": user})
    await caller.call(REQUESTS["dialogs"])
    ((_, path, _),) = scripted.asked
    assert path.startswith("/api/users/")
    assert path.count("/") == 4
    assert path.endswith("/dialogs?page=1&limit=10")


async def test_numbers_that_are_no_numbers_of_the_contract_are_kept_as_they_are(
    tricked: Caller, scripted: Scripted
) -> None:
    meta = {"big": 2**60, "tiny": 1e-300, "yes": True, "null": None, "list": [None, {"a": None}]}
    scripted.says({**MESSAGES, "data": [{**MESSAGE_JSON, "meta": meta}]})
    page = await tricked.call(REQUESTS["messages"])
    assert page.messages[0].meta.to_dict() == {**meta, "big": float(2**60)}


async def test_an_unknown_status_keeps_its_name(tricked: Caller, scripted: Scripted) -> None:
    rows = [{"status": "archived", "count": 2}, {"status": "read", "count": 1, "userType": "bot"}]
    scripted.says({**MESSAGES, "data": [{**MESSAGE_JSON, "statusMessageMatrix": rows}]})
    page = await tricked.call(REQUESTS["messages"])
    odd, read = page.messages[0].status_counts
    assert (odd.status, odd.status_name, odd.user_type) == (
        pb.MessageStatus.UNSPECIFIED,
        "archived",
        None,
    )
    assert (read.status, read.user_type, read.count) == (pb.MessageStatus.READ, "bot", 1)
