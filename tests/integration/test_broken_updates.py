"""Updates the contract does not know, or that are damaged: told as far as they can be, never fatal.

After each of them a sound update still arrives: nothing published can stop a worker.
"""

import json
from typing import Any

import pytest
from health_vocabulary import Observed
from integration_vocabulary import Client

from chat3_api.chat3.user import v1 as pb
from chat3_user.health import Status
from support.gateway import TENANT, Gateway, Upstream
from support.scrape import scraped

USER: dict[str, Any] = {"user": {"userId": "alice", "type": "user"}}
DIALOG_SECTION = {"dialogId": "dlg_" + "a" * 20, "stats": {"unreadCount": 1}}
MESSAGE_SECTION = {
    "messageId": "msg_" + "a" * 20,
    "dialogId": "dlg_" + "a" * 20,
    "senderId": "bob",
    "type": "internal.text",
    "content": "x",
}


def envelope(
    event: str = "evt_1",
    kind: str = "update.user",
    data: Any = None,
    happened: str = "user.changed",
) -> dict[str, Any]:
    return {
        "tenantId": TENANT,
        "userId": "alice",
        "entityId": "alice",
        "eventId": event,
        "sourceEventType": happened,
        "updateType": kind,
        "data": USER if data is None else data,
        "createdAt": "1795424735959.186035",
    }


async def publish(upstream: Upstream, body: dict[str, Any] | bytes) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    await upstream.publisher.publish("update.user.user.alice.user", raw, {}, 1_795_424_735_959)


UNKNOWN = {
    "a kind without a name": (
        "pack.create",
        "update.pack",
        {"pack": {"packId": "p", "n": [1, None, True]}},
    ),
    "a kind without its section": ("message.create", "update.message", {"dialog": DIALOG_SECTION}),
    "a kind with another's event": (
        "message.create",
        "update.dialog",
        {"dialog": DIALOG_SECTION},
    ),
    "a message without its id": (
        "message.create",
        "update.message",
        {"message": {"content": "x"}},
    ),
    "a number for text": (
        "message.create",
        "update.message",
        {"message": {**MESSAGE_SECTION, "content": 7}},
    ),
    "text for a number": (
        "dialog.typing",
        "update.dialog",
        {"dialog": DIALOG_SECTION, "typing": {"userId": "b", "expiresInMs": "5"}},
    ),
    "a list for an object": ("user.changed", "update.user", {"user": ["alice"]}),
    "a time that is none": (
        "dialog.changed",
        "update.dialog",
        {"dialog": {**DIALOG_SECTION, "createdAt": "yesterday"}},
    ),
    "a time beyond all calendars": (
        "dialog.changed",
        "update.dialog",
        {"dialog": {**DIALOG_SECTION, "createdAt": 1e300}},
    ),
    "a count beyond 32 bits": (
        "dialog.changed",
        "update.dialog",
        {"dialog": {"dialogId": "d", "stats": {"unreadCount": 2**40}}},
    ),
    "a version beyond 64 bits": (
        "message.create",
        "update.user",
        {"user": {"userId": "alice", "stats": {"statsVersion": 2**70}}},
    ),
    "a duration beyond all": (
        "dialog.typing",
        "update.dialog",
        {"dialog": DIALOG_SECTION, "typing": {"userId": "bob", "expiresInMs": 10**18}},
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
async def test_what_does_not_fit_arrives_as_unknown(
    client: Client, upstream: Upstream, name: str
) -> None:
    upstream.dialog("alice")
    happened, kind, data = UNKNOWN[name]
    async with client.as_user("alice").subscribed() as stream:
        await publish(upstream, envelope("evt_odd", kind, data, happened))
        await publish(upstream, envelope("evt_sound"))
        odd = await stream.update()
        assert (await stream.update()).event_id == "evt_sound"
    assert odd.event_id == "evt_odd"
    assert odd.kind is pb.UpdateKind.UNSPECIFIED
    assert odd.source is not None
    assert (odd.source.update_type, odd.source.event_type) == (kind, happened)
    assert odd.unknown is not None
    assert odd.unknown.to_dict() == data


UNADDRESSED = {
    "no JSON": b"not json",
    "nothing": b"",
    "no object": b"[1]",
    "not UTF-8": b'{"tenantId": "\xff"}',
    "half a body": json.dumps(envelope()).encode()[:-20],
    "no tenant": json.dumps({**envelope(), "tenantId": None}).encode(),
    "a nest without end": b'{"data":' * 100_000,
}


@pytest.mark.parametrize("name", UNADDRESSED)
async def test_what_says_not_whom_it_is_for_is_logged_and_passed_over(
    client: Client, upstream: Upstream, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.dialog("alice")
    async with client.as_user("alice").subscribed() as stream:
        await publish(upstream, UNADDRESSED[name])
        await publish(upstream, envelope("evt_sound"))
        assert (await stream.update()).event_id == "evt_sound"
    assert "update cannot be addressed" in caplog.text


@pytest.mark.health_row("updates", "unreadable")
async def test_updates_that_cannot_be_read_are_named_to_operators(
    gateway: Gateway, client: Client, upstream: Upstream
) -> None:
    """A worker that understands nothing any more must not look well."""
    upstream.dialog("alice")
    async with client.as_user("alice").subscribed() as stream:
        for body in (b"not json", b"{}"):
            await publish(upstream, body)
        await publish(upstream, envelope("evt_sound"))
        assert (await stream.update()).event_id == "evt_sound"
        state = await Observed(gateway.running).down("updates", "unreadable")
        assert state.status is Status.DEGRADED
        assert state.detail == "2 published updates could not be read: streams may lack them"
    told = await scraped(gateway.ops)
    assert told.value("chat3_updates_unreadable_total") == 2
    assert told.value("messaging_client_consumed_messages_total") >= 3


@pytest.mark.parametrize("levels", [30, 100, 500, 5000])
async def test_deep_data_does_not_stop_a_stream(
    client: Client, upstream: Upstream, levels: int
) -> None:
    upstream.dialog("alice")
    sound = json.dumps(envelope("evt_deep", data={"user": {"userId": "alice", "meta": "META"}}))
    deep = sound.replace('"META"', '{"a":' * levels + '"deep"' + "}" * levels)
    async with client.as_user("alice").subscribed() as stream:
        await publish(upstream, deep.encode())
        await publish(upstream, envelope("evt_sound"))
        update = await stream.update()
        if update.event_id == "evt_deep":
            update = await stream.update()
    assert update.event_id == "evt_sound"


@pytest.mark.parametrize("status", ["seen", "READ", "", "☃"])
async def test_a_status_without_a_name_keeps_the_platforms(
    client: Client, upstream: Upstream, status: str
) -> None:
    upstream.dialog("alice")
    message = {
        **MESSAGE_SECTION,
        "statusUpdate": {"userId": "bob", "status": status, "oldStatus": "archived"},
        "statusMessageMatrix": [{"status": status, "count": 3}],
    }
    async with client.as_user("alice").subscribed() as stream:
        body = envelope("evt_1", "update.message", {"message": message}, "message.status.changed")
        await publish(upstream, body)
        update = await stream.update()
    changed = update.message_status_changed
    assert changed is not None
    assert changed.status is changed.old_status is pb.MessageStatus.UNSPECIFIED
    assert (changed.status_name, changed.old_status_name) == (status, "archived")
    (count,) = changed.status_counts
    assert (count.status, count.status_name, count.user_type, count.count) == (
        pb.MessageStatus.UNSPECIFIED,
        status,
        None,
        3,
    )


@pytest.mark.parametrize("stats", [None, {}, {"totalUnreadCount": 5}])
async def test_a_profile_is_told_from_counters(
    client: Client, upstream: Upstream, stats: dict[str, int] | None
) -> None:
    upstream.dialog("alice")
    user = {"userId": "alice", "type": "bot"} | ({} if stats is None else {"stats": stats})
    async with client.as_user("alice").subscribed() as stream:
        await publish(upstream, envelope(data={"user": user}))
        update = await stream.update()
    if stats is None:
        assert update.kind is pb.UpdateKind.USER_CHANGED
        assert update.user_changed is not None
        assert update.user_changed.user is not None
        assert update.user_changed.user.type == "bot"
    else:
        assert update.kind is pb.UpdateKind.USER_COUNTERS_CHANGED
        counted = update.user_counters_changed
        assert counted is not None
        assert counted.stats is not None
        assert counted.stats.total_unread_count == stats.get("totalUnreadCount", 0)


@pytest.mark.parametrize(
    ("sent", "micros"),
    [
        ("1795424735959.186035", 959_186),
        (1795424735959.186, 959_186),
        (1795424735959, 959_000),
        ("1795424735959", 959_000),
    ],
)
async def test_all_forms_of_a_time_are_read(
    client: Client, upstream: Upstream, sent: Any, micros: int
) -> None:
    upstream.dialog("alice")
    async with client.as_user("alice").subscribed() as stream:
        await publish(upstream, {**envelope(), "createdAt": sent})
        update = await stream.update()
    assert update.create_time is not None
    assert update.create_time.microsecond == micros


async def test_an_absent_time_stays_absent(client: Client, upstream: Upstream) -> None:
    upstream.dialog("alice")
    async with client.as_user("alice").subscribed() as stream:
        await publish(upstream, {**envelope(), "createdAt": None})
        assert (await stream.update()).create_time is None
