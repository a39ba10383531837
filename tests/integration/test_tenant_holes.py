"""The platform's holes, tried through every method of the back ends: keys, tenants, filters, paths.

Methods come from the registry. The permissions that a method needs are read from the contract: what
its comment says is what is held.
"""

import inspect
import re
from collections.abc import AsyncIterator, Iterator
from itertools import combinations
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import aiohttp
import pytest
from aiohttp import web
from betterproto2 import Message
from grpclib.exceptions import GRPCError
from integration_vocabulary import Caller, Client, Failure, Scripted, failure
from test_every_method import answer, case
from yarl import URL

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_embedded.store import Store
from chat3_user.calls.service import TENANT as SERVICE
from chat3_user.methods import METHODS, Bidi
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.route import Route
from chat3_user.validation.text_rules import Expression
from support.all_cases import CASES
from support.gateway import KEY, OTHER_TENANT, TENANT, Upstream, run_gateway
from support.method_cases import Scene

pytestmark = pytest.mark.broker("in_process")

BACK_END: Final = [label for label, method in METHODS.items() if method.service is SERVICE]
PERMISSIONS: Final = ("read", "write", "delete")
SUBSETS: Final = [
    frozenset(some)
    for size in range(len(PERMISSIONS) + 1)
    for some in combinations(PERMISSIONS, size)
]
SECRET: Final = "only-tenant-one-knows"
METADATA: Final = {"x-api-key": KEY, "x-tenant-id": TENANT}

every_method = pytest.mark.parametrize("label", BACK_END)
every_expression = pytest.mark.parametrize(
    ("label", "field"),
    [
        (label, field)
        for label in BACK_END
        for field, rules in METHODS[label].rules.items()
        if any(isinstance(rule, Expression) for rule in rules)
    ],
)


def needed(label: str) -> frozenset[str]:
    """Return the permissions that the contract says a method needs."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", METHODS[label].name).lower()
    words = " ".join((inspect.getdoc(getattr(pb.TenantServiceStub, name)) or "").split())
    said = re.search(r"Needs the (?:permissions? )?(`[^.]*)", words)
    assert said, f"the comment of {label} does not say which permissions it needs"
    return frozenset(re.findall(r"`(\w+)`", said[1]))


def held(store: Store, tenant: str) -> list[tuple[Any, ...]]:
    """Return all that the platform holds of a tenant, row by row."""
    tables = store._db.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    found: list[tuple[Any, ...]] = []
    for (table,) in tables:
        columns = {row["name"] for row in store._db.rows(f"PRAGMA table_info({table})")}
        if "tenant_id" in columns:
            rows = store._db.rows(f"SELECT * FROM {table} WHERE tenant_id = ?", tenant)  # noqa: S608
            found += [(table, *row) for row in rows]
    return found


def with_secrets(store: Store) -> None:
    """Put the secret wherever something of the tenant can be read."""
    store.add_user(TENANT, SECRET)
    store._db.run("UPDATE messages SET content = ? WHERE tenant_id = ?", SECRET, TENANT)
    for kind, thing in things(store):
        store.meta.put(TENANT, kind, thing, "title", SECRET)


def things(store: Store) -> list[tuple[str, str]]:
    """Return kind and id of all that the tenant has and that can have custom data."""
    return [
        (kind, row[0])
        for kind in ("dialog", "topic", "pack", "user", "message")
        for row in store._db.rows(f"SELECT {kind}_id FROM {kind}s WHERE tenant_id = ?", TENANT)  # noqa: S608
    ]


def whole_case(label: str, upstream: Upstream) -> Any:
    """Return the call of a method, about a dialog with a message, a topic and a pack."""
    scene = Scene(upstream)
    assert all((scene.message, scene.topic, scene.pack))
    return CASES[label](scene)


async def outcome(caller: Caller, label: str, request: Message) -> Message | Failure:
    try:
        found: Message = await answer(caller, label, request)
    except GRPCError as error:
        return failure(error)
    return found


def refusal(label: str, found: Message | Failure) -> Reason | None:
    """Return why a call was refused; a stream of both directions says so in its answer."""
    if isinstance(found, Failure):
        return found.reason
    if isinstance(METHODS[label], Bidi):
        said: pb.WatchRefused | None = getattr(found, "refused", None)
        return said and said.reason
    return None


@every_method
async def test_a_key_needs_the_permissions_that_the_contract_names_and_no_other(
    client: Client, upstream: Upstream, label: str
) -> None:
    request, wanted = case(label, upstream), needed(label)
    for some in sorted(SUBSETS, key=lambda some: wanted <= some):
        key = "-".join(("key", *sorted(some)))
        upstream.store.add_key(key, tuple(some))
        caller = client.with_metadata({**METADATA, "x-api-key": key})
        if wanted <= some:
            assert isinstance(await answer(caller, label, request), METHODS[label].response)
            break
        before = held(upstream.store, TENANT)
        refused = await caller.fails(request)
        assert refused.reason is Reason.PERMISSION_MISSING, some
        assert refused.metadata["permission"] in wanted - some
        assert held(upstream.store, TENANT) == before
    else:
        raise AssertionError("no key was enough")


@every_method
async def test_no_call_reaches_into_another_tenant(
    client: Client, upstream: Upstream, label: str
) -> None:
    request = whole_case(label, upstream)
    with_secrets(upstream.store)
    before = held(upstream.store, TENANT)
    stranger = client.with_metadata({**METADATA, "x-tenant-id": OTHER_TENANT})
    found = await outcome(stranger, label, request)
    reason = refusal(label, found)
    assert reason is None or (reason.name or "").endswith("_NOT_FOUND")
    assert SECRET not in str(found)
    assert held(upstream.store, TENANT) == before
    # It would be seen, if it were shown.
    assert SECRET in str(before)


@pytest.mark.parametrize("label", ["GetMessage", "GetUser", "ListDialogs", "ListTopics"])
async def test_what_is_hidden_from_other_tenants_is_shown_in_its_own(
    client: Client, upstream: Upstream, label: str
) -> None:
    label = SERVICE.prefix + label
    request = whole_case(label, upstream)
    with_secrets(upstream.store)
    back_end = client.with_metadata(METADATA)
    assert SECRET in str(await outcome(back_end, label, request))


@every_method
async def test_without_a_tenant_nothing_is_asked_so_that_no_default_is_meant(
    tricked: Caller, scripted: Scripted, upstream: Upstream, label: str
) -> None:
    request = case(label, upstream)
    for tenant in ("", "tnt/../x", "t" * 21, "%", ".", f"{TENANT},{OTHER_TENANT}"):
        sent = {"x-api-key": KEY, **({"x-tenant-id": tenant} if tenant else {})}
        refused = await Caller(tricked.channel, sent).fails(request)
        assert refused.reason is Reason.INVALID_METADATA, tenant
    assert scripted.asked == []


@pytest.fixture
async def recorded(scripted: Scripted, upstream: Upstream) -> AsyncIterator[Scripted]:
    """The platform behind one that remembers what it is asked, and how."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def forward(request: web.Request) -> web.StreamResponse:
            scripted.asked[-1] = (request.method, request.raw_path, scripted.asked[-1][2])
            async with session.request(
                request.method,
                URL(upstream.url + request.raw_path, encoded=True),
                data=await request.read() or None,
                headers={
                    name: request.headers[name]
                    for name in ("X-API-Key", "X-Tenant-Id", "Content-Type")
                    if name in request.headers
                },
            ) as response:
                return web.Response(
                    body=await response.read(),
                    status=response.status,
                    content_type=response.content_type,
                )

        scripted.answer = forward
        yield scripted


@pytest.fixture
async def back_end(recorded: Scripted, broker_url: str) -> AsyncIterator[Caller]:
    """A back end of the tenant, at a service before the recorded platform."""
    async with (
        run_gateway(recorded.url, broker_url) as gateway,
        Client(gateway.address) as client,
    ):
        yield client.with_metadata(METADATA)


@every_method
async def test_every_request_carries_the_tenant_and_the_key_of_its_call_and_no_acting_user(
    back_end: Caller, recorded: Scripted, upstream: Upstream, label: str
) -> None:
    named = Caller(back_end.channel, {**METADATA, "x-user-id": "intruder"})
    assert await answer(named, label, case(label, upstream)) is not None
    assert recorded.asked
    for headers, (_, target, body) in zip(recorded.headers, recorded.asked, strict=True):
        assert (headers["X-Tenant-Id"], headers["X-API-Key"]) == (TENANT, KEY)
        assert "intruder" not in f"{target} {body.decode()} {headers}"


FOREIGN: Final = [
    f"(tenantId,eq,{OTHER_TENANT})",
    f"(tenant_id,eq,{OTHER_TENANT})",
    f"(TenantId,eq,{OTHER_TENANT})",
    f'("tenantId",eq,{OTHER_TENANT})',
    f"(tenantId,in,[{TENANT},{OTHER_TENANT}])",
    "(tenantId,exists,true)",
    "(tenantId,ne,x)",
    f"(meta.n,eq,1)&(tenantId,eq,{OTHER_TENANT})",
    f"(meta.n,eq,1)|(tenantId,eq,{OTHER_TENANT})",
    f"((meta.n,eq,1)|(meta.m,eq,1))&(tenantId,eq,{OTHER_TENANT})",
    f"(meta.n,eq,1)&(meta.m,eq,1))&(tenantId,eq,{OTHER_TENANT})",
    f'{{"tenantId":"{OTHER_TENANT}"}}',
    '{"$where":"1"}',
    "(_id,exists,true)",
    "($where,eq,1)",
    "(meta.__proto__,gt,1)",
    "(meta.constructor,exists,true)",
    "(meta.a.tenantId,eq,x)",
    "(tenantId,asc)",
    '{"tenantId":1}',
    "tenantId",
    "no filter at all",
]


@every_expression
async def test_no_expression_reaches_past_the_tenant(
    client: Client, upstream: Upstream, label: str, field: str
) -> None:
    request, back_end = case(label, upstream), client.with_metadata(METADATA)
    for text in FOREIGN:
        setattr(request, field, text)
        refused = await back_end.fails(request)
        assert refused.reason is Reason.INVALID_FIELD, text
        assert list(refused.violations) == [field]
    assert not upstream.prototype.poisoned


@pytest.mark.parametrize("label", [label for label in BACK_END if "filter" in METHODS[label].rules])
async def test_custom_data_that_is_called_like_the_tenant_is_custom_data(
    client: Client, upstream: Upstream, label: str
) -> None:
    request, store = whole_case(label, upstream), upstream.store
    with_secrets(store)
    for kind, thing in things(store):
        store.meta.put(TENANT, kind, thing, "tenantId", OTHER_TENANT)
    request.filter = f"(meta.tenantId,eq,{OTHER_TENANT})"
    own = await outcome(client.with_metadata(METADATA), label, request)
    assert SECRET in str(own)
    stranger = client.with_metadata({**METADATA, "x-tenant-id": OTHER_TENANT})
    found = await outcome(stranger, label, request)
    reason = refusal(label, found)
    assert reason is None or (reason.name or "").endswith("_NOT_FOUND")
    assert SECRET not in str(found)


MARK: Final = "z@q"  # no id that the platform makes has it by chance
ESCAPES: Final = [
    "..",
    ".",
    "../../tenants",
    f"{MARK}/../../tenants/{TENANT}",
    f"{MARK}/dialogs",
    f"{MARK}%2F..%2F..%2Ftenants",
    f"{MARK}%2e%2e%2ftenants",
    f"{MARK}?tenant=x",
    f"{MARK}#x",
    f"{MARK};x=y",
    f"{MARK}\\..\\x",
    f"{MARK}\r\nX-Tenant-Id: {OTHER_TENANT}",
    f"{MARK} HTTP/1.1",
    f"{MARK}\0",
    f"{MARK}:{MARK}",
    f"{MARK}&filter=(tenantId,eq,{OTHER_TENANT})",
    f"{MARK}\u2215..",
    f"dlg_{'a' * 20}/members",
]
QUERIES: Final = frozenset(
    ("page", "limit", "filter", "sort", "sortDirection", "proof", "includeLastMessage")
)
PATHS: Final = [
    (row.method, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(row.template))))
    for row in vars(routes).values()
    if isinstance(row, Route)
]


def with_ids(message: Any, text: str) -> Iterator[str]:
    """Set the text in place of one id of a message after another; yield the name of each."""
    for name in message.__dataclass_fields__:
        value = getattr(message, name)
        if isinstance(value, str) and name.endswith("_id"):
            setattr(message, name, text)
            yield name
            setattr(message, name, value)
        elif isinstance(value, list) and name.endswith("_ids"):
            setattr(message, name, [text])
            yield name
            setattr(message, name, value)
        elif isinstance(value, list) and value and isinstance(value[0], Message):
            yield from with_ids(value[0], text)


@every_method
async def test_no_id_leaves_its_segment_of_a_path(
    back_end: Caller, recorded: Scripted, upstream: Upstream, label: str
) -> None:
    request = case(label, upstream)
    for text in ESCAPES:
        for name in with_ids(request, text):
            recorded.asked.clear()
            await outcome(back_end, label, request)
            for method, target, _ in recorded.asked:
                path, _, query = target.partition("?")
                known = [at for verb, at in PATHS if verb == method and at.fullmatch(path)]
                assert known, f"{name} {text!r}: asked {method} {target}"
                assert {key for key, _ in parse_qsl(query)} <= QUERIES, f"{name} {text!r}: {target}"
                segments = [unquote(segment) for segment in path.split("/")]
                assert not {".", ".."} & {*segments}, f"{name} {text!r}: {target}"
                cut = [one for one in segments if MARK in one and text.lower() not in one.lower()]
                assert not cut, f"{name} {text!r}: {target}"
    assert len(held(upstream.store, OTHER_TENANT)) == 1, "more than its own row"
