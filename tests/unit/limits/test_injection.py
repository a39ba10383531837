"""What a caller sends stays where it was put: in its segment, its parameter, its line.

The real client speaks to a server that keeps every request as it came, byte by byte.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat3_api.chat3.user import v1 as pb
from chat3_user.errors import CallError
from chat3_user.methods import METHODS
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api.resilience import Resilient
from chat3_user.tenant_api.settings import ResilienceSettings
from chat3_user.tenant_api.transport import Http
from chat3_user.validation import Identity, validate

DIALOG, MESSAGE = "dlg_" + "a" * 20, "msg_" + "a" * 20
HOSTILE = (
    "..",
    "a/b",
    "%2e%2e",
    "x?y=1",
    "#",
    "&limit=9",
    "\r\nx-user-id: bob\r\n",
    " ",
    "é",
    "\0",
)
MESSAGE_JSON = {"messageId": MESSAGE, "dialogId": DIALOG, "senderId": "x", "type": "internal.text"}
PAGE = {"data": [], "pagination": {"page": 1, "limit": 10, "total": 0, "pages": 0}}


def answer_to(target: str) -> object:
    """Return what the client takes for an answer to the request."""
    path = target.partition("?")[0]
    if path.endswith(("/dialogs", "/messages")) and "/users/" in path:
        return PAGE
    record = {**MESSAGE_JSON, "userId": "x", "status": "read", "createdAt": "1", "expiresInMs": 1}
    return {"data": record}


@asynccontextmanager
async def recorded() -> AsyncIterator[tuple[TenantApi, list[bytes]]]:
    """Return the client and the heads of the requests it has sent."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                heads.append(head)
                fields = dict(
                    line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line
                )
                await reader.readexactly(int(fields.get(b"content-length", b"0")))
                body = json.dumps(answer_to(head.split(b" ")[1].decode("latin-1"))).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        except asyncio.IncompleteReadError:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        http = Http(f"http://127.0.0.1:{port}", connections=1, connect_timeout=5)
        await http.open()
        try:
            yield TenantApi(Resilient(http, ResilienceSettings())), heads
        finally:
            await http.close()


def identity(user: str) -> Identity:
    return Identity(api_key="key", tenant_id="tnt_one", user_id=user)


def sent(call: Callable[[TenantApi], Awaitable[object]]) -> tuple[str, str, list[bytes]]:
    """Make one call; return its path, its query and its other lines, as they were sent."""

    async def make() -> list[bytes]:
        async with recorded() as (api, heads):
            await call(api)
            return heads

    (head,) = asyncio.run(make())
    line, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, target, version = line.decode("ascii").split(" ")
    assert (method in {"GET", "POST"}, version) == (True, "HTTP/1.1")
    path, _, query = target.partition("?")
    assert "#" not in target
    return path, query, fields


USERS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=50) | st.sampled_from(HOSTILE)
ROUTES: dict[str, tuple[Callable[[TenantApi, Identity], Awaitable[object]], str]] = {
    "user": (lambda api, who: api.user(who), "/api/users/{}"),
    "user_dialogs": (lambda api, who: api.user_dialogs(who), "/api/users/{}/dialogs"),
    "dialog_messages": (
        lambda api, who: api.dialog_messages(who, DIALOG),
        f"/api/users/{{}}/dialogs/{DIALOG}/messages",
    ),
    "message_id": (
        lambda api, who: api.message_id(who, DIALOG, MESSAGE),
        f"/api/users/{{}}/dialogs/{DIALOG}/messages/{MESSAGE}",
    ),
    "set_status": (
        lambda api, who: api.set_status(who, DIALOG, MESSAGE, "read"),
        f"/api/users/{{}}/dialogs/{DIALOG}/messages/{MESSAGE}/status/read",
    ),
    "set_reaction": (
        lambda api, who: api.set_reaction(who, DIALOG, MESSAGE, "x"),
        f"/api/users/{{}}/dialogs/{DIALOG}/messages/{MESSAGE}/reactions/set",
    ),
    "unset_reaction": (
        lambda api, who: api.unset_reaction(who, DIALOG, MESSAGE, "x"),
        f"/api/users/{{}}/dialogs/{DIALOG}/messages/{MESSAGE}/reactions/unset",
    ),
    "typing": (
        lambda api, who: api.typing(who, DIALOG),
        f"/api/dialogs/{DIALOG}/member/{{}}/typing",
    ),
}


def test_every_request_that_names_a_user_in_its_path_is_tried() -> None:
    methods = {name for name in vars(TenantApi) if not name.startswith("_")}
    # The first has the user in its body, the others ask about dialogs and messages.
    assert methods - set(ROUTES) == {"send_message", "members_like", "deleted_among"}


@pytest.mark.parametrize("route", ROUTES)
@settings(max_examples=40, deadline=None)
@given(user=USERS)
def test_a_user_id_stays_within_its_segment_of_the_path(route: str, user: str) -> None:
    call, pattern = ROUTES[route]
    path, query, fields = sent(lambda api: call(api, identity(user)))
    before, after = pattern.split("{}")
    assert path.startswith(before)
    assert path.endswith(after)
    segment = path[len(before) : len(path) - len(after)]
    assert "/" not in segment
    assert unquote_to_bytes(segment).decode() == user
    assert not query or query == "page=1&limit=10"
    names = [field.split(b":")[0].lower() for field in fields]
    assert len(names) == len(set(names)), "a line more than the client has written"
    assert b"x-user-id" not in names


@settings(max_examples=100, deadline=None)
@given(value=USERS, sort=USERS)
def test_a_value_stays_within_its_parameter_of_the_query(value: str, sort: str) -> None:
    path, query, _ = sent(lambda api: api.user_dialogs(identity("alice"), filter_=value, sort=sort))
    assert path == "/api/users/alice/dialogs"
    assert parse_qsl(query, keep_blank_values=True, strict_parsing=True) == [
        ("page", "1"),
        ("limit", "10"),
        ("filter", value),
        ("sort", sort),
    ]


@pytest.mark.parametrize(
    "value", [".", "..", "../../admin", "a/b", "%2e%2e", "dlg_x?y=1", "dlg_\n"]
)
def test_ids_that_would_leave_their_segment_are_refused_before_that(value: str) -> None:
    rules = METHODS["GetDialogMessages"].rules
    with pytest.raises(CallError, match="dialog_id"):
        validate(pb.GetDialogMessagesRequest(dialog_id=value), rules)
