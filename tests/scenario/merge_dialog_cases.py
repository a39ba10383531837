"""The cases of the merge rules that are about dialogs, the user, packs, and what is unknown."""

from collections.abc import Iterator

from scenario.merge_parts import (
    ALICE,
    BOB,
    CAROL,
    COUNTERS,
    DIALOG,
    FULL,
    MESSAGE,
    NEWER,
    OTHER,
    PACK,
    TIMES,
    TOPIC,
    Case,
    Json,
    about_message,
    counters,
    message,
    own,
    partial,
    state,
    update,
)


def of_dialogs() -> Iterator[Case]:
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
    seen = own(unreadCount=1, lastSeenTime=TIMES[5])
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
        "the dialog is read again when `dialog` has no custom data",
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
    typing = {"dialog": COUNTERS, "userId": BOB, "expiresIn": "5s", "startTime": TIMES[5]}
    yield Case(
        "a member types", "nothing stays", state(message()), [update("TYPING", typing)], "dialogs"
    )


def of_the_user() -> Iterator[Case]:
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
    pack = {"packId": PACK, "createTime": TIMES[0], "meta": {"name": "Pack"}}
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


def of_the_unknown() -> Iterator[Case]:
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
