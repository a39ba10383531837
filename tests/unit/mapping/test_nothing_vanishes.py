"""Every leaf of what the platform was recorded to send arrives, or is known not to, with a reason.

A recording with a member or a section that no table has fails here.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import betterproto2
import mapping_leaves as tables
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_leaves import Leaf, found, leaves, same
from mapping_read_bodies import BODIES

from betterproto2_compiled import decode, encode
from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import entities
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.tenant_api import models as m

RECORDED = Path(__file__).parents[2] / "contract" / "recorded"
UPDATES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text())["body"]
    for path in sorted((RECORDED / "updates").glob("*.json"))
} | BODIES
# A deleted message arrives emptied, which has tests of its own.
HIDDEN = {"deleted": {"data/message/content", "data/message/meta"}}


def arrived(body: dict[str, Any]) -> pb.Update:
    """Return an update as a client reads it."""
    decoded = UpdateDecoder().decode(msgspec.json.encode(body))
    assert decoded is not None
    return decode(pb.Update, encode(decoded.update))


def lost(leaf: Leaf, message: Any, table: Mapping[str, str], payload: str = "") -> str | None:
    """Return what is wrong with how a leaf arrived, if anything."""
    if leaf.path not in table:
        return f"{leaf.path}: in no table; does it arrive, or why not?"
    value = found(message, table[leaf.path].replace("PAYLOAD", payload), leaf.places)
    if same(value, leaf.value):
        return None
    return f"{leaf.path}: {leaf.value!r} arrives as {value!r}"


@pytest.mark.parametrize("name", UPDATES)
def test_every_leaf_of_an_update_arrives(name: str) -> None:
    update = arrived(UPDATES[name])
    payload, _ = betterproto2.which_one_of(update, "payload")
    assert update.kind is not pb.UpdateKind.UNSPECIFIED
    assert payload == str(update.kind.name).lower()
    assert update.unmapped is None
    wanted = [
        leaf
        for leaf in leaves(UPDATES[name])
        if leaf.path not in tables.NOT_IN_UPDATES and leaf.path not in HIDDEN.get(name, ())
    ]
    assert len(wanted) > 8
    assert not [
        problem for leaf in wanted if (problem := lost(leaf, update, tables.UPDATE, payload))
    ]


def test_what_is_not_passed_on_of_updates_was_sent() -> None:
    sent = {leaf.path for body in UPDATES.values() for leaf in leaves(body)}
    assert tables.NOT_IN_UPDATES.keys() <= sent


_names = st.sampled_from(("later", "poll", "contentHtml", "Ж", "a.b"))
_values = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_names, inner, max_size=2),
    max_leaves=4,
)


def objects(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give the paths of all objects that are not custom data and not in a list."""
    if isinstance(value, dict) and path[-1:] != ("meta",):
        yield path
        for name, part in value.items():
            yield from objects(part, (*path, name))


def at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


@given(data=st.data(), name=st.sampled_from(sorted(UPDATES.keys() - {"deleted"})))
def test_what_no_table_has_arrives_at_its_place_and_changes_nothing_else(
    data: st.DataObject, name: str
) -> None:
    body = copy.deepcopy(UPDATES[name])
    places = data.draw(
        st.lists(st.sampled_from(sorted(objects(body))), min_size=1, max_size=3, unique=True)
    )
    expected: dict[str, Any] = {}
    for path in places:
        news = data.draw(st.dictionaries(_names, _values, min_size=1, max_size=2))
        at(body, path).update(news)
        inner = expected
        for step in path:
            inner = inner.setdefault(step, {})
        inner.update(news)
    update = arrived(body)
    assert update.unmapped is not None
    assert update.unmapped.to_dict() == expected
    update.unmapped = None
    assert update == arrived(UPDATES[name])


@pytest.mark.parametrize("name", sorted(UPDATES.keys() - {"deleted"}))
def test_a_single_new_member_anywhere_arrives(name: str) -> None:
    for path in objects(UPDATES[name]):
        body = copy.deepcopy(UPDATES[name])
        at(body, path)["later"] = 1
        expected: dict[str, Any] = {"later": 1}
        for step in reversed(path):
            expected = {step: expected}
        update = arrived(body)
        assert update.unmapped is not None, path
        assert update.unmapped.to_dict() == expected


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("user__message_create", ("user", "stats", "unreadBySenderType")),
        ("message__message_status_changed", ("message", "statusMessageMatrix")),
        ("message__message_reaction_changed", ("message", "reactionUpdate", "reactionSet")),
    ],
)
def test_a_list_with_anything_new_in_it_arrives_whole(name: str, path: tuple[str, ...]) -> None:
    body = copy.deepcopy(UPDATES[name])
    rows = at(body["data"], path)
    rows[0]["muted"] = True
    expected: dict[str, Any] = rows
    for step in reversed(("data", *path)):
        expected = {step: expected}
    update = arrived(body)
    assert update.unmapped is not None
    assert update.unmapped.to_dict() == expected
    update.unmapped = None
    assert update == arrived(UPDATES[name])


@pytest.mark.parametrize(
    ("name", "section", "sent"),
    [
        ("message__message_create", "pack", {"packId": "p", "later": 1}),
        ("dialog__dialog_typing", "member", {"userId": "bob"}),
        ("dialog__dialog_member_add", "topic", {"topicId": "t"}),
        ("dialog__dialog_changed", "user", {"userId": "bob"}),
        ("user__user_changed", "dialog", {"dialogId": "d"}),
        ("user__message_create", "typing", {"userId": "bob"}),
    ],
)
def test_a_known_section_that_its_kind_does_not_carry_arrives_whole(
    name: str, section: str, sent: dict[str, Any]
) -> None:
    body = copy.deepcopy(UPDATES[name])
    body["data"][section] = sent
    update = arrived(body)
    assert update.kind is arrived(UPDATES[name]).kind
    assert update.unmapped is not None
    assert update.unmapped.to_dict() == {"data": {section: sent}}


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("message__message_create", {"dialogId": "d", "messageId": "m"}),
        ("message__message_create", {"userId": "somebody", "packId": "p"}),
        ("dialog__dialog_member_remove", {"userId": "neither"}),
        ("dialog__message_create", {"packId": "p"}),
        ("pack changed", {"packId": "another"}),
    ],
)
def test_ids_that_name_something_else_than_the_sections_arrive(
    name: str, ids: dict[str, str]
) -> None:
    body = copy.deepcopy(UPDATES[name])
    body["data"]["context"].update(ids)
    update = arrived(body)
    assert update.unmapped is not None
    assert update.unmapped.to_dict() == {"data": {"context": ids}}
    update.unmapped = None
    assert update == arrived(UPDATES[name])


@pytest.mark.parametrize("matrix", [[], [{"status": "read", "count": 1}]])
def test_status_counts_of_a_message_that_got_no_status_arrive(matrix: list[Any]) -> None:
    body = copy.deepcopy(UPDATES["message__message_create"])
    body["data"]["message"]["statusMessageMatrix"] = matrix
    update = arrived(body)
    assert update.kind is pb.UpdateKind.MESSAGE_CREATED
    assert update.unmapped is not None
    assert update.unmapped.to_dict() == {"data": {"message": {"statusMessageMatrix": matrix}}}
    body["data"]["message"]["statusMessageMatrix"] = None
    assert arrived(body).unmapped is None


def test_an_unknown_kind_keeps_what_stands_around_its_data() -> None:
    body = {**UPDATES["user__user_add"], "updateType": "update.poll", "sequence": 7}
    update = arrived(body)
    assert update.kind is pb.UpdateKind.UNSPECIFIED
    assert update.unknown is not None
    assert update.unknown.to_dict() == body["data"]
    assert update.unmapped is not None
    assert update.unmapped.to_dict() == {"sequence": 7}


_ANSWERS: tuple[tuple[str, str, Any, Any], ...] = (
    ("GET", "/api/users/[^/]+/dialogs", m.Page[m.UserDialog], "dialogs"),
    ("GET", "/api/users/[^/]+/dialogs/[^/]+/messages", m.Page[m.Message], "messages"),
    ("GET", "/api/users/[^/]+/dialogs/[^/]+/messages/[^/]+", m.Data[m.Message], "message"),
    ("POST", "/api/dialogs/[^/]+/messages", m.Data[m.Message], "message"),
    (
        "POST",
        "/api/users/[^/]+/dialogs/[^/]+/messages/[^/]+/status/.+",
        m.Data[m.StatusRecord],
        "status",
    ),
)


def answers() -> Iterator[Any]:
    """Give the recorded answers that the service maps, with their model and what they are."""
    for path in sorted(RECORDED.glob("*.json")):
        recording = json.loads(path.read_text())
        request = recording["request"]
        for method, route, model, what in _ANSWERS:
            route_matches = re.fullmatch(route, request["path"].split("?")[0])
            if recording["status"] < 300 and request["method"] == method and route_matches:
                yield pytest.param(recording["response"], model, what, id=path.stem)


def seen(cls: Any, encoded: Any) -> Any:
    return decode(cls, encode(encoded))


@pytest.mark.parametrize(("document", "model", "what"), [*answers()])
def test_every_leaf_of_an_answer_arrives(document: Any, model: Any, what: str) -> None:
    decoded = msgspec.json.decode(msgspec.json.encode(document), type=model)
    pairs: list[tuple[Any, Any]]
    if what in ("dialogs", "messages"):
        pairs = list(zip(document["data"], decoded.data, strict=True))
    else:
        pairs = [(document["data"], decoded.data)]
    for source, item in pairs:
        if what == "dialogs":
            message = seen(pb.Dialog, entities.dialog(item, with_last_message=True))
            table, silent = tables.DIALOG, tables.NOT_IN_DIALOGS
        elif what == "status":
            message = seen(pb.MessageStatusRecord, entities.status_record(item, ""))
            table, silent = tables.STATUS, tables.NOT_IN_STATUSES
        else:
            message = seen(pb.Message, entities.message(item, "alice"))
            table, silent = tables.MESSAGE, tables.NOT_IN_MESSAGES
        told = [leaf for leaf in leaves(source) if leaf.path not in silent]
        assert not [problem for leaf in told if (problem := lost(leaf, message, table))]


OWN = {"chat3_key": "ours", "chat3_direct": "ours", "chat3": "theirs"}


@pytest.mark.parametrize("name", sorted(UPDATES))
@pytest.mark.parametrize("kind", ["as it is", "update.unknown"])
def test_what_this_service_keeps_in_meta_arrives_nowhere(name: str, kind: str) -> None:
    body = copy.deepcopy(UPDATES[name])
    if kind != "as it is":
        body["updateType"] = kind
    # In known sections, and in one that nobody knows.
    for section in (*body["data"].values(), body["data"].setdefault("room", {})):
        section["meta"] = {**section.get("meta", {}), **OWN}
    body["room"] = {"meta": OWN}
    said = json.dumps(arrived(body).to_dict())
    assert '"chat3": "theirs"' in said
    assert "chat3_" not in said
