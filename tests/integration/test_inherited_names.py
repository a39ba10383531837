"""A read-only key tries every name that JavaScript objects inherit: refused, nothing breaks."""

import aiohttp
import pytest
from integration_vocabulary import Client, written

from chat3_api.chat3.user import v1 as pb
from support.gateway import KEY, READ_KEY, TENANT, Upstream
from support.inherited_names import FILTERS, NAMES, SORTS

pytestmark = pytest.mark.broker("in_process")

Reason = pb.ErrorReason
Request = pb.GetUserDialogsRequest | pb.GetDialogMessagesRequest


def asking(dialog: str, name: str) -> list[tuple[str, Request]]:
    """Return every request with the name in a filter or a sort, and the field it is in.

    In other letter cases one form stands for all; the unit tests try each.
    """
    found: list[tuple[str, Request]] = []
    for case in dict.fromkeys((name, name.lower(), name.upper(), name.swapcase())):
        filters, sorts = (FILTERS, SORTS) if case == name else (FILTERS[:1], SORTS[:1])
        for text in (form.format(case) for form in filters):
            found.append(("filter", pb.GetUserDialogsRequest(filter=text)))
            found.append(("filter", pb.GetDialogMessagesRequest(dialog_id=dialog, filter=text)))
        for text in (form.format(case) for form in sorts):
            found.append(("sort", pb.GetUserDialogsRequest(sort=text)))
            found.append(("sort", pb.GetDialogMessagesRequest(dialog_id=dialog, sort=text)))
    return found


@pytest.mark.parametrize("name", NAMES)
async def test_no_inherited_name_reaches_the_platform(
    client: Client, upstream: Upstream, name: str
) -> None:
    dialog = upstream.dialog("alice", "bob")
    reader = client.as_user("alice", key=READ_KEY)
    requests = asking(dialog, name)
    for field, request in requests:
        refused = await reader.fails(request)
        assert refused.reason is Reason.INVALID_FIELD
        assert list(refused.violations) == [field]
        assert refused.violations[field].startswith("position ")
    assert not upstream.prototype.poisoned
    sent = await client.as_user("bob").call(pb.SendMessageRequest(dialog_id=dialog, content="hi"))
    assert sent.message.content == "hi"
    print(f"{name}: {len(requests)} filters and sorts, all refused")


async def test_the_double_would_have_broken(upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    url = f"{upstream.url}/api/users/alice/dialogs/{dialog}/messages"
    headers = {"x-api-key": READ_KEY, "x-tenant-id": TENANT}
    body = {"senderId": "alice", "content": "hi"}
    async with aiohttp.ClientSession() as session:
        async with session.get(
            url, headers=headers, params={"filter": "(meta.__proto__,gt,1)"}
        ) as answer:
            assert answer.status == 200
        assert upstream.prototype.poisoned
        async with session.post(
            f"{upstream.url}/api/dialogs/{dialog}/messages",
            headers={**headers, "x-api-key": KEY},
            json=body,
        ) as answer:
            assert answer.status == 500


async def test_what_names_an_attempt_cannot_be_filtered_by(
    client: Client, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice")
    written(upstream, dialog, "alice", meta={"chat3_key": "secret"})
    for text in ("(meta.chat3_key,exists,true)", "(meta.chat3_key,regex,^s)"):
        request = pb.GetDialogMessagesRequest(dialog_id=dialog, filter=text)
        refused = await client.as_user("alice").fails(request)
        assert "chat3_" in refused.violations["filter"]
