"""A back end's meta indexes: created, held against what is there, read, deleted."""

from typing import Any

import pytest
from integration_vocabulary import Caller, Client

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import CreateDialogRequest as OwnDialogRequest
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.chat3.user.v1 import GetOrCreateDirectDialogRequest
from chat3_api.google.protobuf import Struct, Value
from chat3_embedded.store.records import MetaIndex
from support.gateway import KEY, OTHER_TENANT, READ_KEY, TENANT, Upstream

pytestmark = pytest.mark.broker("in_process")

Kind, Mode, Op = pb.MetaKind, pb.MetaIndexMode, pb.MetaIndexOperator
UNIQUE = "unique:email"
KINDS = {
    Kind.USER: "user",
    Kind.DIALOG: "dialog",
    Kind.MESSAGE: "message",
    Kind.TOPIC: "topic",
    Kind.PACK: "pack",
    Kind.DIALOG_MEMBER: "dialogMember",
}


@pytest.fixture
def back_end(client: Client) -> Caller:
    return client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


def creating(kind: Kind = Kind.USER, mode: Mode = Mode.UNIQUE, *keys: str, **more: Any) -> Any:
    return pb.CreateMetaIndexRequest(kind=kind, mode=mode, keys=[*keys] or ["email"], **more)


def stored(upstream: Upstream, kind: str, tenant: str = TENANT) -> list[MetaIndex]:
    return upstream.store.meta_indexes.of(tenant, kind)


def text(value: str) -> Value:
    return Value(string_value=value)


@pytest.mark.parametrize("kind", Kind)
async def test_an_index_of_every_kind_is_created_read_listed_and_deleted(
    back_end: Caller, upstream: Upstream, kind: Kind
) -> None:
    if not kind:
        return
    made = (await back_end.call(creating(kind, Mode.REQUIRED, "b", "a"))).index
    assert (made.index_id, made.kind, made.mode) == ("required:a+b", kind, Mode.REQUIRED)
    assert (made.keys, made.condition, made.missing_service_keys) == (["a", "b"], None, [])
    assert made.create_time is not None
    (row,) = stored(upstream, KINDS[kind])
    assert (row.index_id, row.created_by) == (made.index_id, KEY)
    place = {"kind": kind, "index_id": made.index_id}
    assert (await back_end.call(pb.GetMetaIndexRequest(**place))).index == made
    assert (await back_end.call(pb.ListMetaIndexesRequest(kind=kind))).indexes == [made]
    await back_end.call(pb.DeleteMetaIndexRequest(**place))
    assert stored(upstream, KINDS[kind]) == []


async def test_the_same_index_again_is_the_one_that_is_there(
    back_end: Caller, upstream: Upstream
) -> None:
    answers = [(await back_end.call(creating())).index for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(stored(upstream, "user")) == 1


@pytest.mark.parametrize(
    ("operator", "values", "when"),
    [
        (Op.EQUAL, [text("agent")], ("eq", "agent")),
        (Op.NOT_EQUAL, [Value(bool_value=False)], ("ne", False)),
        (Op.IN, [text("a"), Value(number_value=7.0)], ("in", ["a", 7])),
        (Op.PRESENT, [], ("exists", True)),
        (Op.MISSING, [], ("exists", False)),
    ],
)
async def test_a_condition_reaches_the_platform_and_comes_back(
    back_end: Caller, upstream: Upstream, operator: Op, values: list[Value], when: Any
) -> None:
    condition = pb.MetaIndexCondition(key="kind", operator=operator, values=values)
    made = (await back_end.call(creating(condition=condition))).index
    assert made.condition == condition
    (row,) = stored(upstream, "user")
    assert row.when is not None
    assert (row.when.key, row.when.op, row.when.value) == ("kind", *when)
    place = {"kind": Kind.USER, "index_id": made.index_id}
    assert (await back_end.call(pb.GetMetaIndexRequest(**place))).index == made
    await back_end.call(pb.DeleteMetaIndexRequest(**place))
    assert stored(upstream, "user") == []


@pytest.mark.parametrize("index_id", ["unique:none", ".", "..", "a/b", "%2e", "x" * 500, "ж {}"])
@pytest.mark.parametrize("request_of", [pb.GetMetaIndexRequest, pb.DeleteMetaIndexRequest])
async def test_an_index_that_the_tenant_lacks_is_not_found(
    back_end: Caller, upstream: Upstream, request_of: Any, index_id: str
) -> None:
    for named in (index_id, UNIQUE):
        theirs = MetaIndex(OTHER_TENANT, "user", named, "unique", ("email",), None, "x", 1.0)
        upstream.store.meta_indexes.add(theirs)
    for named in {index_id, UNIQUE}:
        refused = await back_end.fails(request_of(kind=Kind.USER, index_id=named))
        assert refused.reason is Reason.META_INDEX_NOT_FOUND
        assert refused.metadata == {"kind": "user", "index_id": named}
    assert len(stored(upstream, "user", OTHER_TENANT)) == 2


async def test_what_is_there_decides_and_nothing_is_written(
    back_end: Caller, upstream: Upstream
) -> None:
    for n in range(25):
        upstream.store.meta.put_all(TENANT, "user", f"user-{n:02}", {"email": "same", "x": 1})
    for mode, keys, code in (
        (Mode.UNIQUE, ["email"], "INDEX_CONFLICT_EXISTING_DATA"),
        (Mode.REQUIRED, ["phone"], "INDEX_CONFLICT_EXISTING_DATA"),
        (Mode.ALLOWED, ["email"], "SCHEMA_CONFLICT_EXISTING_DATA"),
    ):
        for dry in (True, False):
            refused = await back_end.fails(creating(Kind.USER, mode, *keys, validate_only=dry))
            assert refused.reason is Reason.META_INDEX_REFUSED
            assert refused.metadata["code"] == code
            count = 24 if mode is Mode.UNIQUE else 25
            assert refused.metadata["violation_count"] == str(count)
            assert len(refused.metadata["entity_ids"].split()) == 20
            assert stored(upstream, "user") == []


async def test_an_index_of_a_key_that_is_not_allowed_is_refused(
    back_end: Caller, upstream: Upstream
) -> None:
    await back_end.call(creating(Kind.USER, Mode.ALLOWED, "name"))
    refused = await back_end.fails(creating())
    assert refused.reason is Reason.META_INDEX_REFUSED
    assert refused.metadata == {"kind": "user", "code": "INDEX_KEYS_NOT_IN_ALLOWLIST"}
    other = await back_end.fails(creating(Kind.USER, Mode.ALLOWED, "email"))
    assert other.metadata["code"] == "INDEX_DEFINITION_CONFLICT"
    assert len(stored(upstream, "user")) == 1


async def test_a_check_alone_writes_nothing(back_end: Caller, upstream: Upstream) -> None:
    made = (await back_end.call(creating(validate_only=True, idempotency_key="k"))).index
    assert made.keys == ["email"]
    assert stored(upstream, "user") == []


@pytest.mark.parametrize("kind", [Kind.DIALOG, Kind.TOPIC, Kind.PACK])
async def test_an_index_of_allowed_keys_leaves_this_service_its_own(
    back_end: Caller, client: Client, upstream: Upstream, kind: Kind
) -> None:
    dialog = upstream.dialog("alice", "bob", meta={"title": "t", "chat3_key": "x"})
    made = (await back_end.call(creating(kind, Mode.ALLOWED, "title"))).index
    assert (made.keys, made.missing_service_keys) == (["title"], [])
    (row,) = stored(upstream, KINDS[kind])
    assert {"title", "chat3_key"} <= set(row.keys)
    titled = {"meta": Struct.from_dict({"title": "t"}), "idempotency_key": "k"}
    alice = client.as_user("alice")
    match kind:
        case Kind.DIALOG:
            await back_end.call(pb.CreateDialogRequest(**titled))
            await alice.call(OwnDialogRequest(**titled))
            await alice.call(GetOrCreateDirectDialogRequest(user_id="bob"))
        case Kind.TOPIC:
            await back_end.call(pb.CreateTopicRequest(dialog_id=dialog, **titled))
        case Kind.PACK:
            await back_end.call(pb.CreatePackRequest(**titled))
    # Created again, the index is the same: our keys are no difference.
    assert (await back_end.call(creating(kind, Mode.ALLOWED, "title"))).index == made


async def test_an_index_that_leaves_out_our_keys_says_so(
    back_end: Caller, upstream: Upstream
) -> None:
    index = MetaIndex(
        TENANT, "dialog", "allowed:keys", "allowed", ("title", "chat3_told"), None, "x", 1.0
    )
    upstream.store.meta_indexes.add(index)
    (shown,) = (await back_end.call(pb.ListMetaIndexesRequest(kind=Kind.DIALOG))).indexes
    assert shown.keys == ["title"]
    assert shown.missing_service_keys == ["chat3_key", "chat3_direct"]
    # What the failure of a creation tells to do helps.
    place = {"kind": Kind.DIALOG, "index_id": shown.index_id}
    refused = await back_end.fails(pb.CreateDialogRequest())
    assert refused.reason is Reason.SERVICE_KEY_NOT_ALLOWED
    await back_end.call(pb.DeleteMetaIndexRequest(**place))
    await back_end.call(creating(Kind.DIALOG, Mode.ALLOWED, *shown.keys))
    assert await back_end.call(pb.CreateDialogRequest())


async def test_a_pack_that_an_index_refuses_is_not_there(
    back_end: Caller, upstream: Upstream
) -> None:
    await back_end.call(creating(Kind.PACK, Mode.UNIQUE, "name"))
    named = Struct.from_dict({"name": "one", "n": 1.0})
    await back_end.call(pb.CreatePackRequest(meta=named))
    for key in ("", "k"):
        refused = await back_end.fails(pb.CreatePackRequest(meta=named, idempotency_key=key))
        assert refused.reason is Reason.META_INDEX_CONFLICT
        assert refused.metadata == {
            "kind": "pack",
            "code": "DUPLICATE_INDEX",
            "index_id": "unique:name",
        }
    assert len(upstream.store.packs.all(TENANT)) == 1


@pytest.mark.parametrize(
    ("mode", "keys", "condition", "field"),
    [
        (Mode.UNIQUE, ["a", "b", "c", "d"], None, "keys"),
        (Mode.ALLOWED, [f"k{n}" for n in range(46)], None, "keys"),
        (Mode.UNIQUE, ["a", "a"], None, "keys"),
        (Mode.UNIQUE, ["chat3_key"], None, "keys[0]"),
        (Mode.UNIQUE, ["__proto__"], None, "keys[0]"),
        (Mode.ALLOWED, ["a"], pb.MetaIndexCondition(key="b", operator=Op.PRESENT), "condition"),
        (Mode.UNIQUE, ["a"], pb.MetaIndexCondition(key="b"), "condition.operator"),
        (
            Mode.UNIQUE,
            ["a"],
            pb.MetaIndexCondition(key="b", operator=Op.EQUAL),
            "condition.values",
        ),
        (
            Mode.UNIQUE,
            ["a"],
            pb.MetaIndexCondition(key="$b", operator=Op.EQUAL, values=[Value()]),
            "condition.values[0]",
        ),
    ],
)
async def test_an_index_that_cannot_be_is_refused_by_its_field(
    back_end: Caller, mode: Mode, keys: list[str], condition: Any, field: str
) -> None:
    refused = await back_end.fails(creating(Kind.USER, mode, *keys, condition=condition))
    assert refused.reason is Reason.INVALID_FIELD
    assert field in refused.violations


async def test_a_key_that_may_only_read_changes_no_index(
    client: Client, upstream: Upstream, back_end: Caller
) -> None:
    await back_end.call(creating())
    reader = client.with_metadata({"x-api-key": READ_KEY, "x-tenant-id": TENANT})
    for request in (
        creating(),
        creating(validate_only=True),
        pb.DeleteMetaIndexRequest(kind=Kind.USER, index_id=UNIQUE),
        pb.DeleteMetaIndexRequest(kind=Kind.USER, index_id="unique:none"),
    ):
        refused = await reader.fails(request)
        assert refused.metadata == {"permission": "write"}
    assert len(stored(upstream, "user")) == 1
