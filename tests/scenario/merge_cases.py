"""The cases of the merge rules: what is known, and the updates that come; proto3 JSON throughout.

`merge_vectors` adds what is known after them, by the rules of `support.merging`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

ALICE, BOB, CAROL = "alice", "bob", "carol"
DIALOG: Final = "dlg_aaaaaaaaaaaaaaaaaaaa"
OTHER: Final = "dlg_bbbbbbbbbbbbbbbbbbbb"
MESSAGE: Final = "msg_aaaaaaaaaaaaaaaaaaaa"
NEWER: Final = "msg_bbbbbbbbbbbbbbbbbbbb"
UNKNOWN: Final = "msg_cccccccccccccccccccc"
TOPIC: Final = "topic_aaaaaaaaaaaaaaaaaaaa"
PACK: Final = "pack_aaaaaaaaaaaaaaaaaaaa"
_TIMES: Final = tuple(f"2026-11-26T10:0{minute}:00.123456Z" for minute in range(10))


@dataclass(frozen=True)
class Case:
    """``rule`` is what docs/guarantees.md says; ``about`` is what a store must keep for it."""

    name: str
    rule: str
    known: Json
    updates: Sequence[Json]
    about: str = "messages"


def state(*messages: Json, dialog: Json | None = None, **more: Any) -> Json:
    """Return what alice knows: a dialog, and messages of it."""
    known: dict[str, Any] = {
        "dialogId": DIALOG,
        "membership": {
            "userId": ALICE,
            "unreadCount": 3,
            "lastSeenTime": _TIMES[0],
            "joinTime": _TIMES[0],
        },
        "memberCount": 3,
        "meta": {"title": "Team", "colour": "blue"},
        "title": "Team",
        "createTime": _TIMES[0],
        "stats": {"topicCount": 1, "messageCount": 2},
    }
    if messages:
        last = messages[-1]
        kept = ("messageId", "content", "senderId", "type", "deleted", "deleteTime", "deletedBy")
        known["lastMessage"] = {name: last[name] for name in kept if name in last}
    return {
        "userId": ALICE,
        "dialogs": [{**known, **(dialog or {})}],
        "messages": list(messages),
        **more,
    }


def message(message_id: str = MESSAGE, **more: Any) -> Json:
    """Return a message of bob's that alice knows."""
    return {
        "messageId": message_id,
        "dialogId": DIALOG,
        "senderId": BOB,
        "type": "internal.text",
        "content": "before",
        "meta": {"kind": "note"},
        "createTime": _TIMES[1],
        **more,
    }


def partial(message_id: str = MESSAGE, **more: Any) -> Json:
    """Return what an update carries of a message."""
    return {
        "messageId": message_id,
        "dialogId": DIALOG,
        "senderId": BOB,
        "type": "internal.text",
        **more,
    }


FULL: Final[Json] = {
    "dialogId": DIALOG,
    "createTime": _TIMES[0],
    "meta": {"title": "Team", "colour": "blue"},
    "title": "Team",
}
"""What an update carries of a dialog when it carries all."""

COUNTERS: Final[Json] = {"dialogId": DIALOG, "approximateUnreadCount": 9}
"""What it carries when only the counters come."""


def update(kind: str, payload: Json, number: int = 1, **more: Any) -> Json:
    """Return an update to alice; its payload is named like its kind."""
    first, *rest = kind.lower().split("_")
    name = first + "".join(word.capitalize() for word in rest)
    about = payload.get("message", {})
    named = {
        "dialogId": payload.get("dialog", {}).get("dialogId"),
        "messageId": about.get("messageId"),
    }
    return {
        "updateId": f"update-{kind.lower()}-{number}",
        "eventId": f"evt_{number:032x}",
        "kind": f"UPDATE_KIND_{kind}",
        "userId": ALICE,
        **{key: value for key, value in named.items() if value is not None},
        "createTime": _TIMES[min(number + 1, 9)],
        name: payload,
        **more,
    }


def about_message(kind: str, number: int = 1, dialog: Json = FULL, **more: Any) -> Json:
    """Return an update of a message."""
    return update(kind, {"dialog": dialog, "message": partial(**more)}, number)


def reaction(kind: str, user: str, rows: Sequence[tuple[str, int]], number: int = 1) -> Json:
    """Return an update of a thumb."""
    snapshot = partial(content="not to be taken", meta={"not": "taken"})
    return update(
        f"MESSAGE_REACTION_{kind}",
        {
            "dialog": FULL,
            "message": snapshot,
            "userId": user,
            "reaction": "👍",
            "reactions": [{"reaction": name, "count": count} for name, count in rows],
        },
        number,
    )


def status(counts: Mapping[str, int], number: int = 1, message_id: str = MESSAGE) -> Json:
    """Return an update of a status."""
    return update(
        "MESSAGE_STATUS_CHANGED",
        {
            "dialog": FULL,
            "message": partial(message_id, content="not to be taken"),
            "userId": CAROL,
            "status": "MESSAGE_STATUS_READ",
            "statusName": "read",
            "oldStatus": "MESSAGE_STATUS_UNREAD",
            "oldStatusName": "unread",
            "statusCounts": [
                {"status": f"MESSAGE_STATUS_{name.upper()}", "statusName": name, "count": count}
                for name, count in counts.items()
            ],
        },
        number,
    )


def own(**more: Any) -> Json:
    """Return what an update carries of alice as a member."""
    return {"userId": ALICE, **more}


def counters(version: int, unread: int, number: int) -> Json:
    """Return an update of alice's counters over all dialogs."""
    stats = {"dialogCount": 1, "totalUnreadCount": unread, "statsVersion": str(version)}
    return update("USER_COUNTERS_CHANGED", {"user": {"userId": ALICE}, "stats": stats}, number)


DELETED: Final = message(content="", deleted=True, deleteTime=_TIMES[3], deletedBy=BOB, meta=None)
_GONE: Final[dict[str, Any]] = {"deleted": True, "deleteTime": _TIMES[3], "deletedBy": BOB}
EDITED: Final[dict[str, Any]] = {"edited": True, "editTime": _TIMES[4], "editedBy": BOB}


def _of_messages() -> Iterator[Case]:
    add = (
        "a message that is not known is added, a known one stays as it is; it is its dialog's last"
    )
    created = about_message("MESSAGE_CREATED", message_id=NEWER, content="new", meta={"n": 1})
    yield Case("a new message is added", add, state(message()), [created])
    yield Case(
        "a new message without meta and topic",
        "what is present and empty is empty",
        state(message()),
        [about_message("MESSAGE_CREATED", message_id=NEWER, content="new", meta={}, topicId="")],
    )
    yield Case(
        "a message that is known already stays as it is",
        add,
        state(message(), message(NEWER, content="edited since", edited=True)),
        [created],
    )
    yield Case(
        "a creation that is older than what was read makes its message the last one",
        add,
        state(message(NEWER), message()),
        [created],
    )
    yield Case(
        "the same creation twice",
        "merging twice changes nothing more",
        state(message()),
        [created] * 2,
    )
    cut: dict[str, Any] = {"content": "beginning", "contentMayBeCut": True, "meta": {}}
    read_cut = "a text with content_may_be_cut is never taken; the message is read again"
    yield Case(
        "a new message whose text may be cut shows it until it is read",
        read_cut,
        state(message()),
        [about_message("MESSAGE_CREATED", message_id=NEWER, **cut)] * 2,
    )
    yield Case(
        "an edit whose text may be cut",
        read_cut,
        state(message()),
        [about_message("MESSAGE_EDITED", **cut, **EDITED)] * 2,
    )
    present = "a field that is present replaces what is known, an absent one leaves it as it is"
    yield Case(
        "an edit",
        present,
        state(message()),
        [about_message("MESSAGE_EDITED", content="after", **EDITED)],
    )
    yield Case(
        "an edit of the last message shows in its dialog",
        present,
        state(message(), message(NEWER)),
        [about_message("MESSAGE_EDITED", message_id=NEWER, content="after", **EDITED)],
    )
    yield Case(
        "an edit of a message that is not known",
        "a message that an update changes and that is not known changes nothing",
        state(message()),
        [about_message("MESSAGE_EDITED", message_id=UNKNOWN, content="after", **EDITED)],
    )
    yield Case(
        "edited replaces edit time and editor together",
        "fields that belong together replace together",
        state(message(edited=True, editTime=_TIMES[2], editedBy=CAROL)),
        [about_message("MESSAGE_EDITED", content="after", edited=True)],
    )
    yield Case(
        "edits in the order of the stream, older than what was read",
        "updates end at what a fresh snapshot says, also when some are older than what was read",
        state(message(content="third", edited=True, editTime=_TIMES[6], editedBy=BOB)),
        [
            about_message("MESSAGE_EDITED", 1, content="second", edited=True, editTime=_TIMES[5]),
            about_message(
                "MESSAGE_EDITED", 2, content="third", edited=True, editTime=_TIMES[6], editedBy=BOB
            ),
        ],
    )
    yield Case(
        "meta is replaced as a whole",
        present,
        state(message(meta={"a": 1, "b": 2})),
        [about_message("MESSAGE_META_CHANGED", meta={"a": 2})],
    )
    yield Case(
        "meta that became empty",
        "what is present and empty is empty",
        state(message()),
        [about_message("MESSAGE_META_CHANGED", meta={})],
    )
    topic: dict[str, Any] = {"topicId": TOPIC, "topic": {"topicId": TOPIC, "meta": {"name": "T"}}}
    yield Case(
        "a message moves into a topic",
        "topic_id and topic replace together",
        state(message()),
        [about_message("MESSAGE_TOPIC_CHANGED", **topic)],
    )
    yield Case(
        "a message moves out of its topic",
        "topic_id and topic replace together; an empty topic_id is none",
        state(message(topicId=TOPIC, topic={"topicId": TOPIC, "dialogId": DIALOG})),
        [about_message("MESSAGE_TOPIC_CHANGED", topicId="")],
    )


def _of_deletions() -> Iterator[Case]:
    emptied = "content is emptied; open data and quote are taken away. It stays the last message"
    quoted: dict[str, Any] = {
        "quotedMessage": {"messageId": NEWER, "dialogId": DIALOG, "senderId": CAROL}
    }
    gone = about_message("MESSAGE_DELETED", **_GONE)
    yield Case("a deletion", emptied, state(message(**quoted)), [gone])
    yield Case(
        "the same deletion twice",
        "merging twice changes nothing more",
        state(message()),
        [gone] * 2,
    )
    never = "content and open data of a message that is known to be deleted are never taken"
    known = {key: value for key, value in DELETED.items() if value is not None}
    for kind in ("MESSAGE_META_CHANGED", "MESSAGE_EDITED"):
        yield Case(
            f"{kind} of a message that is known to be deleted",
            never,
            state(known),
            [about_message(kind, content="what it said", meta={"kind": "note"})],
        )
    yield Case(
        "a creation that is older than the deletion that was read",
        never,
        state(known),
        [about_message("MESSAGE_CREATED", content="what it said", meta={"kind": "note"})],
    )
    restored = about_message("MESSAGE_RESTORED", content="before", deleted=False)
    again = "nothing is merged; the message is read again: its quote is not carried"
    yield Case("a restored message is read again", again, state(known), [restored] * 2)
    unknown = about_message("MESSAGE_RESTORED", message_id=UNKNOWN, content="x", deleted=False)
    yield Case("a restored message that is not known", again, state(message()), [unknown])


def _of_marks() -> Iterator[Case]:
    counts = "status_counts replace those known"
    known = message(
        statusCounts=[{"status": "MESSAGE_STATUS_UNREAD", "statusName": "unread", "count": 2}]
    )
    yield Case("a status", counts, state(known), [status({"read": 1, "unread": 1})])
    yield Case(
        "two statuses in the order of the stream",
        counts,
        state(known),
        [status({"read": 1, "unread": 1}, 1), status({"read": 2}, 2)],
    )
    yield Case(
        "a status of a message that is not known",
        counts,
        state(known),
        [status({"read": 1}, message_id=UNKNOWN)],
    )
    yield Case(
        "a status of a message that came by an update",
        counts,
        state(message()),
        [
            about_message("MESSAGE_CREATED", message_id=NEWER, content="new", meta={}),
            status({"read": 1}, 2, NEWER),
        ],
    )
    mine = "reactions replace those known; mine changes when the receiving user acted, else not"
    heart = {"reaction": "❤️", "count": 1, "mine": True}
    thumb = {"reaction": "👍", "count": 1, "mine": True}
    yield Case(
        "another gives a reaction",
        mine,
        state(message(reactions=[heart])),
        [reaction("GIVEN", BOB, [("❤️", 1), ("👍", 1)])],
    )
    yield Case(
        "the user gives a reaction",
        mine,
        state(message(reactions=[heart])),
        [reaction("GIVEN", ALICE, [("❤️", 1), ("👍", 2)])],
    )
    yield Case(
        "another takes a reaction back",
        mine,
        state(message(reactions=[{**thumb, "count": 2}])),
        [reaction("TAKEN_BACK", BOB, [("👍", 1)])],
    )
    yield Case(
        "the user takes a reaction back",
        mine,
        state(message(reactions=[{**thumb, "count": 2}])),
        [reaction("TAKEN_BACK", ALICE, [("👍", 1)])],
    )
    yield Case(
        "the last reaction is taken back",
        mine,
        state(message(reactions=[thumb])),
        [reaction("TAKEN_BACK", ALICE, [])],
    )
    yield Case(
        "the same reaction twice",
        "merging twice changes nothing more",
        state(message()),
        [reaction("GIVEN", ALICE, [("👍", 1)])] * 2,
    )
    yield Case(
        "given and taken back, in the order of the stream, older than what was read",
        "updates end at what a fresh snapshot says, also when some are older than what was read",
        state(message()),
        [reaction("GIVEN", ALICE, [("👍", 1)], 1), reaction("TAKEN_BACK", ALICE, [], 2)],
    )


def _of_dialogs() -> Iterator[Case]:
    unknown = "a dialog that is not known is read, with its messages"
    strange = {**FULL, "dialogId": OTHER}
    for kind in ("DIALOG_CREATED", "DIALOG_CHANGED", "TYPING"):
        yield Case(
            f"{kind} of a dialog that is not known",
            unknown,
            state(message()),
            [update(kind, {"dialog": strange})],
            "dialogs",
        )
    yield Case(
        "a message in a dialog that is not known",
        unknown,
        state(message()),
        [
            update(
                "MESSAGE_CREATED",
                {
                    "dialog": strange,
                    "message": {**partial(NEWER, content="new"), "dialogId": OTHER},
                },
            )
        ],
        "dialogs",
    )
    yield Case(
        "a dialog that is known was created",
        "a field that is present replaces what is known",
        state(message()),
        [update("DIALOG_CREATED", {"dialog": FULL})],
        "dialogs",
    )
    changed = {**FULL, "meta": {"title": "The team"}, "title": "The team"}
    together = "meta and title replace together"
    yield Case(
        "a dialog changes",
        together,
        state(message()),
        [update("DIALOG_CHANGED", {"dialog": changed})],
        "dialogs",
    )
    yield Case(
        "a dialog loses its title",
        together,
        state(message()),
        [update("DIALOG_CHANGED", {"dialog": {"dialogId": DIALOG, "meta": {}}})],
        "dialogs",
    )
    yield Case(
        "a dialog changes by an update of a message",
        "any update with a PartialDialog",
        state(message()),
        [about_message("MESSAGE_META_CHANGED", 1, changed, meta={})],
        "dialogs",
    )
    yield Case(
        "a dialog is deleted",
        "the dialog is taken away, with its messages",
        state(message(), message(NEWER)),
        [update("DIALOG_DELETED", {"dialog": FULL})],
        "dialogs",
    )
    yield Case(
        "a dialog that is not known is deleted",
        "the dialog is taken away, with its messages",
        state(message()),
        [update("DIALOG_DELETED", {"dialog": strange})],
        "dialogs",
    )
    seen = own(unreadCount=1, lastSeenTime=_TIMES[5])
    state_rule = "the receiving user's own state in the dialog"
    yield Case(
        "counters of a dialog",
        state_rule,
        state(message()),
        [update("DIALOG_COUNTERS_CHANGED", {"dialog": COUNTERS, "member": own(unreadCount=0)})],
        "dialogs",
    )
    yield Case(
        "an approximate unread count is never taken",
        "three things are never taken",
        state(message()),
        [update("DIALOG_CHANGED", {"dialog": {**FULL, "approximateUnreadCount": 9}})],
        "dialogs",
    )
    yield Case(
        "a whole dialog was read",
        "own state; the dialog's messages are read again",
        state(message()),
        [update("DIALOG_READ", {"dialog": COUNTERS, "member": own(unreadCount=0)})] * 2,
        "dialogs",
    )
    yield Case(
        "the member's own state changes",
        state_rule,
        state(message()),
        [update("MEMBER_CHANGED", {"dialog": FULL, "member": seen})],
        "dialogs",
    )
    yield Case(
        "the member's counters came alone",
        "the dialog is read again when `dialog` has no open data",
        state(message()),
        [update("MEMBER_CHANGED", {"dialog": COUNTERS, "member": own(unreadCount=0)})] * 2,
        "dialogs",
    )
    yield Case(
        "what is said of another member is not kept",
        state_rule,
        state(message()),
        [update("MEMBER_CHANGED", {"dialog": FULL, "member": {"userId": BOB, "unreadCount": 7}})],
        "dialogs",
    )
    number = "nothing of the member is merged; the dialog is read again, for its number of members"
    yield Case(
        "another member is added",
        number,
        state(message()),
        [update("MEMBER_ADDED", {"dialog": FULL, "member": {"userId": CAROL, "unreadCount": 0}})]
        * 2,
        "dialogs",
    )
    yield Case(
        "the user is added",
        "the messages are read again too, when the receiving user is added",
        state(message()),
        [update("MEMBER_ADDED", {"dialog": FULL, "member": own(unreadCount=0)})],
        "dialogs",
    )
    yield Case(
        "the user is added, and the counters came alone",
        "the messages are read again too",
        state(message()),
        [update("MEMBER_ADDED", {"dialog": COUNTERS, "member": own(unreadCount=0)})],
        "dialogs",
    )
    yield Case(
        "another member is removed",
        number,
        state(message()),
        [update("MEMBER_REMOVED", {"dialog": FULL, "member": {"userId": CAROL}})] * 2,
        "dialogs",
    )
    yield Case(
        "the user is removed",
        f"{number}; one that is not found is taken away",
        state(message()),
        [update("MEMBER_REMOVED", {"dialog": FULL, "member": own()})],
        "dialogs",
    )
    topic = {"topicId": TOPIC, "meta": {"name": "T"}}
    yield Case(
        "a topic is created",
        "the dialog is read again, for its number of topics",
        state(message()),
        [update("TOPIC_CREATED", {"dialog": FULL, "topic": topic})] * 2,
        "dialogs",
    )
    yield Case(
        "a topic changes",
        "nothing besides the rule",
        state(message()),
        [update("TOPIC_CHANGED", {"dialog": FULL, "topic": topic})],
        "dialogs",
    )
    typing = {"dialog": COUNTERS, "userId": BOB, "expiresIn": "5s", "startTime": _TIMES[5]}
    yield Case(
        "a member types", "nothing stays", state(message()), [update("TYPING", typing)], "dialogs"
    )


def _of_the_user() -> Iterator[Case]:
    profile = {
        "userId": ALICE,
        "type": "user",
        "meta": {"displayName": "Alice"},
        "displayName": "Alice",
    }
    rule = "the user's own profile; meta replaces with display_name"
    yield Case(
        "the user is created", rule, state(), [update("USER_CREATED", {"user": profile})], "profile"
    )
    yield Case(
        "the profile changes",
        rule,
        state(profile=profile),
        [
            update(
                "USER_CHANGED",
                {"user": {"userId": ALICE, "meta": {"displayName": "Al"}, "displayName": "Al"}},
            )
        ],
        "profile",
    )
    yield Case(
        "the profile loses its name",
        rule,
        state(profile=profile),
        [update("USER_CHANGED", {"user": {"userId": ALICE, "meta": {"x": 1}}})],
        "profile",
    )
    yield Case(
        "the user is deleted",
        "nothing",
        state(profile=profile),
        [update("USER_DELETED", {"user": {"userId": ALICE}})],
        "profile",
    )
    newest = "all counters, unless the known stats_version is greater"
    yield Case("counters of the user", newest, state(), [counters(4, 2, 1)], "stats")
    yield Case(
        "newer counters",
        newest,
        state(stats={"totalUnreadCount": 1, "statsVersion": "3"}),
        [counters(4, 2, 1)],
        "stats",
    )
    yield Case(
        "older counters",
        newest,
        state(stats={"totalUnreadCount": 1, "statsVersion": "5"}),
        [counters(4, 2, 1)],
        "stats",
    )
    yield Case(
        "counters in one order", newest, state(), [counters(4, 2, 1), counters(5, 3, 2)], "stats"
    )
    yield Case(
        "counters in the other order",
        newest,
        state(),
        [counters(5, 3, 2), counters(4, 2, 1)],
        "stats",
    )
    pack = {"packId": PACK, "createTime": _TIMES[0], "meta": {"name": "Pack"}}
    yield Case(
        "a pack changes",
        "the pack",
        state(message()),
        [update("PACK_CHANGED", {"dialog": FULL, "pack": pack})],
        "packs",
    )
    yield Case(
        "a pack that is known changes",
        "the pack",
        state(message(), packs=[pack]),
        [update("PACK_CHANGED", {"dialog": FULL, "pack": {"packId": PACK, "meta": {"name": "P"}}})],
        "packs",
    )


def _of_the_unknown() -> Iterator[Case]:
    rule = "nothing is merged; what dialog_id and message_id name is read again"
    body = {"updateType": "update.poll", "data": {"poll": {"id": 1}}}

    def unknown(**named: str) -> Json:
        made = {**update("UNSPECIFIED", {}), "unknown": body, **named}
        return {key: value for key, value in made.items() if key != "unspecified"}

    yield Case(
        "an unknown kind about a message",
        rule,
        state(message()),
        [unknown(dialogId=DIALOG, messageId=MESSAGE)] * 2,
    )
    yield Case(
        "an unknown kind about a dialog",
        rule,
        state(message()),
        [unknown(dialogId=DIALOG)],
        "dialogs",
    )
    yield Case("an unknown kind about nothing", rule, state(message()), [unknown()], "dialogs")


def cases() -> Iterator[Case]:
    """Return all cases."""
    yield from _of_messages()
    yield from _of_deletions()
    yield from _of_marks()
    yield from _of_dialogs()
    yield from _of_the_user()
    yield from _of_the_unknown()
