"""A member whom another writer added in mixed case is told so, and nobody else learns of it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from grpclib.const import Status
from integration_vocabulary import (
    DIALOG,
    MESSAGE,
    Caller,
    Client,
    Scripted,
    marking,
    reacting,
    sending,
    written,
)

from chat3_api.chat3.user import v1 as pb
from support.gateway import TENANT, WRITE_KEY, Upstream

pytestmark = pytest.mark.broker("in_process")

Reason = pb.ErrorReason
CALLS: dict[str, Callable[[str, str], Any]] = {
    "list": lambda dialog, _: pb.GetDialogMessagesRequest(dialog_id=dialog),
    "send": lambda dialog, _: sending(dialog),
    "quote": lambda dialog, message: sending(dialog, quoted_message_id=message),
    "status": marking,
    "reaction": reacting,
    "typing": lambda dialog, _: pb.SendTypingIndicatorRequest(dialog_id=dialog),
}


@pytest.mark.parametrize("name", CALLS)
async def test_every_call_of_a_dialog_names_the_spelling(
    client: Client, upstream: Upstream, name: str
) -> None:
    for user in ("zoe", "Zoe", "ZOE"):
        dialog = upstream.dialog("alice", "Zoe")
        message = written(upstream, dialog, "alice")
        refused = await client.as_user(user).fails(CALLS[name](dialog, message))
        assert refused.status is Status.PERMISSION_DENIED
        assert refused.reason is Reason.MEMBER_IN_OTHER_CASE
        assert refused.metadata == {"dialog_id": dialog, "member_id": "Zoe"}
        assert refused.details["ResourceInfo"].resource_name == dialog


@pytest.mark.parametrize("name", CALLS)
async def test_nobody_else_learns_of_it(
    stranger: Caller, client: Client, upstream: Upstream, name: str
) -> None:
    dialog = upstream.dialog("alice", "Zoe", "zoe2", "xzoe")
    message = written(upstream, dialog, "alice")
    for caller in (stranger, client.as_user("zo"), client.as_user("z%25oe")):
        refused = await caller.fails(CALLS[name](dialog, message))
        assert refused.reason is Reason.NOT_A_MEMBER
    refused = await client.as_user("zoe").fails(CALLS[name](DIALOG, MESSAGE))
    assert refused.reason is Reason.NOT_A_MEMBER


STRANGE = (
    *("Zoe (Ops)", "A|B&C", "ZOË", "Zoe,eq,x", '"Zoe"', "[Zoe]", "Z$^\\+?oe"),
    *("A B", "A)B", "/Zoe/i", "Zoe-%41"),
)


@pytest.mark.parametrize("stored", STRANGE)
async def test_ids_of_any_characters_are_compared(
    client: Client, upstream: Upstream, stored: str
) -> None:
    dialog = upstream.dialog("alice", stored, "Zxe (xps)")
    refused = await client.as_user(quote(stored)).fails(sending(dialog))
    assert refused.reason is Reason.MEMBER_IN_OTHER_CASE
    assert refused.metadata["member_id"] == stored


async def test_one_person_stays_one_user(client: Client, upstream: Upstream) -> None:
    dialog = upstream.dialog("Zoe")
    zoe = client.as_user("zoe")
    assert (await zoe.fails(sending(dialog))).reason is Reason.MEMBER_IN_OTHER_CASE
    upstream.store.add_member(TENANT, dialog, "zoe")
    for caller in (zoe, client.as_user("ZOE")):
        assert (await caller.call(sending(dialog))).message.sender_id == "zoe"


async def test_a_key_that_may_not_read_learns_no_spelling(
    client: Client, upstream: Upstream
) -> None:
    dialog = upstream.dialog("Zoe")
    caller = client.as_user("zoe", key=WRITE_KEY)
    refused = await caller.fails(pb.SendTypingIndicatorRequest(dialog_id=dialog))
    assert refused.reason is Reason.NOT_A_MEMBER


async def test_a_refusal_stands_when_nobody_can_say_more_and_is_asked_for_once(
    tricked: Caller, scripted: Scripted
) -> None:
    asked: list[str] = []
    status = 500

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/members"):
            asked.append(request.path)
            rows = {"data": [{"userId": "ALICE"}], "pagination": PAGINATION}
            return web.json_response(rows, status=status)
        return web.json_response({"error": "Forbidden", "message": "no"}, status=403)

    scripted.answer = answer
    request = pb.GetDialogMessagesRequest(dialog_id=DIALOG)
    assert (await tricked.fails(request)).reason is Reason.NOT_A_MEMBER
    status = 200
    asked.clear()
    for _ in range(5):
        assert (await tricked.fails(request)).reason is Reason.MEMBER_IN_OTHER_CASE
    assert len(asked) == 1


PAGINATION = {"page": 1, "limit": 100, "total": 1, "pages": 1}
