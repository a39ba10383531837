"""The cases of the merge rules that are about messages."""

from collections.abc import Iterator
from typing import Any

from scenario.merge_parts import (
    ALICE,
    BOB,
    CAROL,
    DELETED,
    DIALOG,
    EDITED,
    GONE,
    NEWER,
    TIMES,
    TOPIC,
    UNKNOWN,
    Case,
    about_message,
    message,
    reaction,
    state,
    status,
)


def of_messages() -> Iterator[Case]:
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
        state(message(edited=True, editTime=TIMES[2], editedBy=CAROL)),
        [about_message("MESSAGE_EDITED", content="after", edited=True)],
    )
    yield Case(
        "edits in the order of the stream, older than what was read",
        "updates end at what a fresh snapshot says, also when some are older than what was read",
        state(message(content="third", edited=True, editTime=TIMES[6], editedBy=BOB)),
        [
            about_message("MESSAGE_EDITED", 1, content="second", edited=True, editTime=TIMES[5]),
            about_message(
                "MESSAGE_EDITED", 2, content="third", edited=True, editTime=TIMES[6], editedBy=BOB
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


def of_deletions() -> Iterator[Case]:
    emptied = "content is emptied; custom data and quote are taken away. It stays the last message"
    quoted: dict[str, Any] = {
        "quotedMessage": {"messageId": NEWER, "dialogId": DIALOG, "senderId": CAROL}
    }
    gone = about_message("MESSAGE_DELETED", **GONE)
    yield Case("a deletion", emptied, state(message(**quoted)), [gone])
    yield Case(
        "the same deletion twice",
        "merging twice changes nothing more",
        state(message()),
        [gone] * 2,
    )
    never = "content and custom data of a message that is known to be deleted are never taken"
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
    quotes = "messages that quote it are read again: no update says that their quotes change"
    quoting = message(NEWER, quotedMessage={"messageId": known["messageId"], "dialogId": DIALOG})
    yield Case(
        "a deletion of a message that another quotes", quotes, state(message(), quoting), [gone]
    )
    yield Case("a restored message that another quotes", quotes, state(known, quoting), [restored])
    yield Case("a restored message that only another shows", quotes, state(quoting), [restored])


def of_marks() -> Iterator[Case]:
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
