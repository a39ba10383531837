"""What a caller sends stays where it was put: in its segment, its parameter, its line.

The real client speaks to a server that keeps every request as it came, byte by byte.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat3_api.chat3.user import v1 as pb
from chat3_user.errors import CallError
from chat3_user.methods import METHODS
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api.query import paged
from chat3_user.tenant_api.resilience import Resilient
from chat3_user.tenant_api.route import Route
from chat3_user.tenant_api.settings import ResilienceSettings
from chat3_user.tenant_api.transport import Http
from chat3_user.validation import Identity, validate
from support.patience import HANGS

METHODS_OF_HTTP = {"GET", "POST", "PUT", "PATCH", "DELETE"}
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
                # An answer that means the same on every route.
                writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}")
        except asyncio.IncompleteReadError:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        http = Http(f"http://127.0.0.1:{port}", connections=1, connect_timeout=HANGS)
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
            with pytest.raises(CallError, match="API key"):
                await call(api)
            return heads

    (head,) = asyncio.run(make())
    line, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, target, version = line.decode("ascii").split(" ")
    assert (method in METHODS_OF_HTTP, version) == (True, "HTTP/1.1")
    path, _, query = target.partition("?")
    assert "#" not in target
    return path, query, fields


NOWHERE = ("", ".", "..")
VALUES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=50) | st.sampled_from(HOSTILE)
SEGMENTS = VALUES.filter(lambda value: value not in NOWHERE)
ROUTES = {name: row for name, row in vars(routes).items() if isinstance(row, Route)}


@pytest.mark.parametrize("name", ROUTES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_value_stays_within_its_segment_of_the_path(name: str, data: st.DataObject) -> None:
    route = ROUTES[name]
    given = {segment: data.draw(SEGMENTS) for segment in route.segments}
    user = given.pop("user_id", "alice")
    # The user is the calling one, as on most calls, or another one.
    named = {"user_id": user} if "user_id" in route.segments and data.draw(st.booleans()) else {}
    caller = identity("somebody" if named else user)
    path, query, fields = sent(lambda api: api.call(route, caller, **given, **named))
    found = path.split("/")
    wanted = route.template.split("/")
    assert len(found) == len(wanted)
    for written, stated in zip(found, wanted, strict=True):
        segment = stated.strip("{}")
        value = {"user_id": user, **given}[segment] if segment != stated else stated
        assert unquote_to_bytes(written).decode() == value
    assert not query
    names = [field.split(b":")[0].lower() for field in fields]
    assert len(names) == len(set(names)), "a line more than the client has written"
    assert b"x-user-id" not in names


@settings(max_examples=100)
@given(value=VALUES, sort=VALUES)
def test_a_value_stays_within_its_parameter_of_the_query(value: str, sort: str) -> None:
    route, asked = routes.USER_DIALOGS, paged(filter_=value, sort=sort)
    path, query, _ = sent(lambda api: api.call(route, identity("alice"), query=asked))
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
