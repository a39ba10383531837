"""Nothing of a recorded update is lost on its way to a client of another language's making.

Every leaf of the JSON that the platform published is looked up in what the client received.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from support.foreign import ForeignClient, grpcio_command
from support.gateway import metadata, run_gateway, run_upstream
from support.rabbitmq import RabbitMQ

RECORDED = Path(__file__).parent.parent / "contract" / "recorded" / "updates"
NAMES = sorted(path.stem for path in RECORDED.glob("*.json"))
TENANT = "tnt_demo"

# Where a leaf of the published JSON stands in the update; `{p}` is the payload of its kind.
PLACES = {
    r"(userId|eventId)": r"{snake}",
    r"entityId": "source/entity_id",
    r"sourceEventType": "source/event_type",
    r"updateType": "source/update_type",
    r"createdAt": "create_time",
    r"data/context/(dialogId|messageId)": r"{snake}",
    r"data/context/userId": "{p}/member/user_id",
    r"data/context/entityId": "source/event_entity_id",
    r"data/context/(version|includedSections|updatedFields|uiTarget)(.*)": r"source/{snake}\2",
    r"data/dialog/dialogId": "{p}/dialog/dialog_id",
    r"data/dialog/createdAt": "{p}/dialog/create_time",
    r"data/dialog/stats/unreadCount": "{p}/dialog/approximate_unread_count",
    r"data/dialog/meta/(.*)": r"{p}/dialog/meta/\1",
    r"data/message/(messageId|dialogId|senderId|type|content|topicId)": r"{p}/message/{snake}",
    r"data/message/meta/(.*)": r"{p}/message/meta/\1",
    r"data/message/topic/topicId": "{p}/message/topic/topic_id",
    r"data/message/topic/meta/(.*)": r"{p}/message/topic/meta/\1",
    r"data/message/senderInfo/userId": "{p}/message/sender/user_id",
    r"data/message/senderInfo/createdAt": "{p}/message/sender/create_time",
    r"data/message/senderInfo/meta/(.*)": r"{p}/message/sender/meta/\1",
    r"data/message/statusMessageMatrix/(\d+)/count": r"{p}/status_counts/\1/count",
    r"data/message/statusMessageMatrix/(\d+)/userType": r"{p}/status_counts/\1/user_type",
    r"data/message/statusMessageMatrix/(\d+)/status": r"{p}/status_counts/\1/status_name",
    r"data/message/statusUpdate/userId": "{p}/user_id",
    r"data/message/statusUpdate/status": "{p}/status_name",
    r"data/message/statusUpdate/oldStatus": "{p}/old_status_name",
    r"data/message/reactionUpdate/userId": "{p}/user_id",
    r"data/message/reactionUpdate/(reaction|oldReaction)": "{p}/reaction",
    r"data/message/reactionUpdate/reactionSet/(\d+/(?:reaction|count))": r"{p}/reactions/\1",
    r"data/member/userId": "{p}/member/user_id",
    r"data/member/meta/(.*)": r"{p}/member/meta/\1",
    r"data/member/state/unreadCount": "{p}/member/unread_count",
    r"data/member/state/lastSeenAt": "{p}/member/last_seen_time",
    r"data/member/state/lastMessageAt": "{p}/member/last_message_time",
    r"data/typing/userId": "{p}/user_id",
    r"data/typing/expiresInMs": "{p}/expires_in",
    r"data/typing/timestamp": "{p}/start_time",
    r"data/typing/userInfo/userId": "{p}/user/user_id",
    r"data/typing/userInfo/type": "{p}/user/type",
    r"data/typing/userInfo/createdAt": "{p}/user/create_time",
    r"data/typing/userInfo/meta/(.*)": r"{p}/user/meta/\1",
    r"data/user/(userId|type)": r"{p}/user/{snake}",
    r"data/user/meta/(.*)": r"{p}/user/meta/\1",
    r"data/user/stats/dialogCount": "{p}/stats/dialog_count",
    r"data/user/stats/unreadDialogsCount": "{p}/stats/unread_dialog_count",
    r"data/user/stats/totalUnreadCount": "{p}/stats/total_unread_count",
    r"data/user/stats/totalMessagesCount": "{p}/stats/total_message_count",
    r"data/user/stats/statsVersion": "{p}/stats/stats_version",
    r"data/user/stats/lastUpdatedAt": "{p}/stats/update_time",
    r"data/user/stats/unreadBySenderType/(\d+)/fromType": (
        r"{p}/stats/unread_by_sender_type/\1/sender_type"
    ),
    r"data/user/stats/unreadBySenderType/(\d+)/countUnread": (
        r"{p}/stats/unread_by_sender_type/\1/unread_count"
    ),
    r"data/user/stats/packs.messages.totalUnreadCount": "{p}/stats/pack_unread_count",
    r"data/user/stats/packs.messages.unreadBySenderType/(\d+)/fromType": (
        r"{p}/stats/pack_unread_by_sender_type/\1/sender_type"
    ),
    r"data/user/stats/packs.messages.unreadBySenderType/(\d+)/countUnread": (
        r"{p}/stats/pack_unread_by_sender_type/\1/unread_count"
    ),
    r"data/user/stats/packs.messages.lastUpdatedAt": "{p}/stats/pack_update_time",
}
# The tenant is the caller's own; `published` is always false; `me` is the actor's view.
LEFT_OUT = re.compile(r"published|(.*/)?tenantId|.*/reactionSet/\d+/me")
FRONT = frozenset(
    (
        *("update_id", "event_id", "kind", "user_id", "dialog_id", "message_id", "create_time"),
        *("updated_fields", "source", "unmapped"),
    )
)


def recorded(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    # The service lowers user ids: a member stored in upper case is out of every client's reach.
    document["routingKey"] = document["routingKey"].replace(".Zoe.", ".zoe.")
    document["body"]["userId"] = document["body"]["userId"].lower()
    return document


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Walk JSON; an empty list or object is a leaf too."""
    items: Iterator[tuple[Any, Any]]
    if isinstance(value, dict) and value:
        items = iter(value.items())
    elif isinstance(value, list) and value:
        items = iter(enumerate(value))
    else:
        yield path, value
        return
    for key, item in items:
        yield from leaves(item, f"{path}/{key}" if path else str(key))


def place_of(path: str, payload: str) -> str:
    for pattern, place in PLACES.items():
        match = re.fullmatch(pattern, path)
        if match is not None:
            snake = re.sub("([A-Z])", r"_\1", match[1]).lower() if match.groups() else ""
            return match.expand(place.replace("{snake}", snake).replace("{p}", payload))
    raise AssertionError(f"{path} has no place in the contract")


def looked_up(update: Any, place: str) -> Any:
    for step in place.split("/"):
        update = update[int(step)] if isinstance(update, list) else update[step]
    return update


def means(found: Any, published: Any, place: str) -> bool:
    if place.endswith("_time"):
        # Of a number what its double is, not what its shortest text says.
        exact = Decimal(published) * 1000
        micros = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        since = datetime.fromisoformat(found) - datetime.fromisoformat("1970-01-01T00:00:00Z")
        return since // timedelta(microseconds=1) == micros
    if place.endswith("expires_in"):
        return bool(found == f"{published // 1000}s")
    if place.endswith("stats_version"):
        return bool(found == str(published))
    # Numbers are doubles in a Struct; a boolean is no number.
    alike = isinstance(found, bool) is isinstance(published, bool)
    return alike and bool(found == published)


async def collect(rabbitmq_url: str, stubs: Path) -> dict[str, dict[str, Any]]:
    """Publish all recorded updates and return, by event and kind, what clients received."""
    documents = [recorded(name) for name in NAMES]
    users = {document["body"]["userId"] for document in documents}
    async with run_upstream(rabbitmq_url) as upstream:
        upstream.store.add_tenant(TENANT)
        for user in users:
            upstream.store.add_user(TENANT, user)
        async with (
            run_gateway(upstream.url, rabbitmq_url) as gateway,
            ForeignClient(grpcio_command(stubs), gateway.address) as client,
        ):
            streams = {
                user: await client.subscribe(metadata(user, tenant=TENANT)) for user in users
            }
            for document in documents:
                await upstream.publisher.publish(
                    document["routingKey"],
                    json.dumps(document["body"]).encode(),
                    document["properties"]["headers"],
                    document["properties"]["timestamp"],
                )
            return {
                key(update): update
                for document in documents
                for update in [await streams[document["body"]["userId"]].update()]
            }


def key(update: dict[str, Any]) -> str:
    return f"{update['event_id']} {update['source']['update_type']} {update['user_id']}"


@pytest.fixture(scope="module")
def received(rabbitmq: RabbitMQ, stubs: Path) -> dict[str, dict[str, Any]]:
    return asyncio.run(collect(rabbitmq.url, stubs))


@pytest.mark.parametrize("name", NAMES)
def test_no_leaf_of_a_published_update_is_lost(
    received: dict[str, dict[str, Any]], name: str
) -> None:
    body = recorded(name)["body"]
    update = received[f"{body['eventId']} {body['updateType']} {body['userId']}"]
    (payload,) = update.keys() - FRONT
    lost = []
    for path, published in leaves(body):
        if LEFT_OUT.fullmatch(path):
            continue
        place = place_of(path, payload)
        try:
            kept = means(looked_up(update, place), published, place)
        except (KeyError, IndexError):
            kept = False
        if not kept:
            lost.append((path, published, place))
    assert not lost, update


@pytest.mark.parametrize(
    ("name", "kind", "changed"),
    [
        ("message__message_create", "MESSAGE_CREATED", None),
        ("message__message_changed", "MESSAGE_EDITED", "content"),
        ("message__message_status_changed", "MESSAGE_STATUS_CHANGED", "statusCounts"),
        ("message__message_reaction_changed", "MESSAGE_REACTION_GIVEN", "reactions"),
        ("message__message_reaction_changed__unset", "MESSAGE_REACTION_TAKEN_BACK", "reactions"),
        ("dialog__dialog_create", "DIALOG_CREATED", None),
        ("dialog__dialog_topic_create", "TOPIC_CREATED", None),
        ("dialog__dialog_member_add", "MEMBER_ADDED", None),
        ("dialog__dialog_member_changed", "MEMBER_CHANGED", "unreadCount,lastSeenTime"),
        ("dialog__dialog_messages_bulk_read", "DIALOG_READ", "unreadCount"),
        ("dialog__message_create", "DIALOG_COUNTERS_CHANGED", "unreadCount"),
        ("dialog__dialog_typing", "TYPING", None),
        ("user__user_changed", "USER_CHANGED", "type"),
    ],
)
def test_the_kind_of_an_update_is_told_from_its_data(
    received: dict[str, dict[str, Any]], name: str, kind: str, changed: str | None
) -> None:
    body = recorded(name)["body"]
    update = received[f"{body['eventId']} {body['updateType']} {body['userId']}"]
    assert update["kind"] == f"UPDATE_KIND_{kind}"
    assert kind.lower() in update
    assert update.get("updated_fields") == changed


def test_absent_is_told_from_empty(received: dict[str, dict[str, Any]]) -> None:
    """A new message without custom data has empty custom data; a reaction says nothing about it."""
    body = recorded("message__message_create__quoted")["body"]
    assert "meta" not in body["data"]["message"]
    created = received[f"{body['eventId']} {body['updateType']} {body['userId']}"]
    assert created["message_created"]["message"]["meta"] == {}
    assert created["message_created"]["message"]["topic_id"] == ""
    given = [
        update["message_reaction_given"]
        for update in received.values()
        if "message_reaction_given" in update
    ]
    assert given
    assert not any({"meta", "topic_id"} & payload["message"].keys() for payload in given)
