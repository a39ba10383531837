"""Holds the changes that the platform has, and has published, against what was asked for."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

import mutation_changes as kinds
from mutation_cases import ACTOR, MEMBERS, told
from mutation_changes import Change
from mutation_published import EVENTS, Shows, Update, adds, instead, open_meta, shows
from mutation_tally import Tally

from chat3_embedded import Store
from support.gateway import TENANT

_CHANGED_UPDATE: Final = "CHANGED_UPDATE"
_ADDS: Final = frozenset(
    kind.name for kind in (kinds.ADD, kinds.RIVAL_ADDS, kinds.JOIN_PACK, kinds.BACK_END_ADD)
)
_EDITS: Final = frozenset({kinds.EDIT.name, kinds.RIVAL_EDITS.name})
_ONCE: Final = _ADDS | {kinds.DELETE.name, kinds.RESTORE.name, kinds.MOVE.name}
"""What the platform publishes only when it changes something."""

_TELLING: Final = _ONCE | _EDITS
"""Whose answers say that their update may be missing."""

_QUIET: Final = frozenset(
    kind.name
    for kind in (
        *(kinds.READ_PACK, kinds.READ_BY_ALL, kinds.FILL_PACK, kinds.EMPTY_PACK),
        kinds.DELETE_DIALOG,
    )
)
"""Of which the platform tells nobody but by counters."""

_OWN: Final = frozenset({kinds.MY_META.name, kinds.READ.name})
"""What only the actor is told of."""

_OF_USERS: Final = frozenset(
    {kinds.DELETE_USER.name, kinds.UPSERT_USER.name, kinds.UPDATE_USER.name}
)
"""What only the user is told of whom it is about."""


class ChangeChecker:
    """Checks the changes of one store, once nothing more is to come."""

    def __init__(self, store: Store, updates: Iterable[Update]) -> None:
        self._store = store
        self._updates: defaultdict[str, list[Update]] = defaultdict(list)
        for update in updates:
            data = update["data"]
            if update["sourceEventType"] in EVENTS and "stats" not in data.get("user", {}):
                about = data.get("dialog") or data["user"]
                self._updates[about.get("dialogId") or about["userId"]].append(update)

    def check(self, case: Change, tally: Tally) -> None:
        """Count what is broken about a change, and what was told."""
        if not case.answers:
            tally.breaks("unanswered", case.key)
            return
        name = case.kind.name
        if problem := _PROBLEMS[name](self._store, case):
            tally.breaks("lost", f"{case.key}: {problem}")
        if not all(_is_truthful(case, answer) for answer in case.answers):
            tally.breaks("phantom", f"{case.key}: {case.answers}")
        if name in _EDITS and texts_of(self._store, case).count(case.key) > 1:
            tally.breaks("doubled", f"{case.key}: {texts_of(self._store, case)}")
        if name in _ONCE and (events := self._most_events(case)) > 1:
            tally.breaks("doubled", f"{case.key}: {events} events")
        replaced = name in _EDITS and texts_of(self._store, case)[-1] != case.key
        if not replaced and name not in _QUIET:
            # Of a text that was replaced nobody needs to be told.
            self._announced(case, tally)

    def _announced(self, case: Change, tally: Tally) -> None:
        name = case.kind.name
        expected = {ACTOR} if name in _OWN else {*MEMBERS}
        if name in _OF_USERS:
            expected = {*case.users}
        wanted = [adds(user) for user in case.users] if name in _ADDS else [shows(case)]
        lacking = any(not expected <= self._reached(case, one) for one in wanted)
        said = [_CHANGED_UPDATE in told(answer) for answer in case.answers]
        tally.told_of_changes[name] += any(said)
        tally.told_of_changes_in_vain[name] += any(said) and not lacking
        if lacking and name not in _TELLING:
            tally.breaks("unannounced", case.key)
        elif lacking and not all(said) and name != kinds.RIVAL_ADDS.name:
            tally.breaks("incomplete", f"{case.key}: told {said}")
        also = instead(case)
        if name == kinds.JOIN_PACK.name and not lacking:
            # What may be missing is of the other dialog.
            also = None
        if any(said) and also and not expected <= self._reached(case, also):
            tally.breaks("unannounced", f"{case.key}: nor anything else")

    def _most_events(self, case: Change) -> int:
        """Return how many events a change has, at most of each member that it adds."""
        wanted = [adds(user) for user in case.users] if case.kind.name in _ADDS else [shows(case)]
        return max(
            len({update["eventId"] for update in self._about(case) if one(update)})
            for one in wanted
        )

    def _reached(self, case: Change, one: Shows) -> set[str]:
        return {update["userId"] for update in self._about(case) if one(update)}

    def _about(self, case: Change) -> list[Update]:
        if case.kind.name in _OF_USERS:
            return self._updates[case.users[0]]
        return self._updates[ACTOR if case.kind is kinds.MY_META else case.dialog]


def texts_of(store: Store, case: Change) -> list[str]:
    """Return the texts that a message had, oldest first: a cut leaves the same version twice."""
    versions = store.messages.versions(TENANT, case.message, limit=99)
    message = store.messages.get(TENANT, case.message)
    assert message is not None
    found: list[str] = []
    for text in (*(version.content for version in reversed(versions)), message.content):
        if text not in found[-1:]:
            found.append(text)
    return found


def _is_truthful(case: Change, answer: Any) -> bool:
    """Tell whether an answer says what its call changed, where no other one can have."""
    if case.kind in {kinds.ADD, kinds.BACK_END_ADD}:
        return bool(answer.added_user_ids == [*case.users])
    if case.kind is kinds.UPSERT_USER and answer.created:
        return False
    said = (getattr(answer, name, True) for name in ("changed", "added", "removed"))
    counts = (getattr(answer, name, 2) for name in ("dialog_count", "joined_dialog_count"))
    return all(said) and all(count == 2 for count in counts)


# Each returns what is not as its change wants it; nothing when all is.


def _text(store: Store, case: Change) -> str:
    texts = texts_of(store, case)
    return "" if texts[-1] in case.rivals and len(texts) <= 1 + len(case.rivals) else f"{texts}"


def _deleted(store: Store, case: Change) -> str:
    message = store.messages.get(TENANT, case.message)
    wanted = case.kind.name == kinds.DELETE.name
    return "" if message and bool(message.deleted) is wanted else f"{message}"


def _topic(store: Store, case: Change) -> str:
    message = store.messages.get(TENANT, case.message)
    return "" if message and message.topic_id == case.topics[1] else f"{message}"


def _joined(store: Store, case: Change) -> str:
    there = _members(store, case)
    return "" if there == {*MEMBERS, *case.users} else f"{there}"


def _left(store: Store, case: Change) -> str:
    there = _members(store, case)
    wanted = {*MEMBERS} if case.users else {*MEMBERS} - {ACTOR}
    return "" if there == wanted else f"{there}"


def _dialog_meta(store: Store, case: Change) -> str:
    meta = open_meta(store.meta.of(TENANT, "dialog", case.dialog))
    return "" if meta == case.meta else f"{meta}"


def _topic_meta(store: Store, case: Change) -> str:
    meta = open_meta(store.meta.of(TENANT, "topic", case.topics[0]))
    return "" if meta == case.meta else f"{meta}"


def _my_meta(store: Store, case: Change) -> str:
    key, value = next(iter(case.meta.items()))
    found = store.meta.of(TENANT, "user", ACTOR).get(key)
    return "" if found == value else f"{found}"


def _read(store: Store, case: Change) -> str:
    for dialog in (case.dialog, *case.more[1:]):
        found = store.messages.page({"tenantId": TENANT, "dialogId": dialog})
        messages = [message.message_id for message in found]
        latest = store.marks.latest(TENANT, messages)
        if any(latest[message].get(ACTOR, ("", ""))[1] != "read" for message in messages):
            return f"a message of {dialog} is unread"
        member = store.members.get(TENANT, dialog, ACTOR)
        if member is None or member.unread_count:
            return f"{member}"
    return ""


def _pack_meta(store: Store, case: Change) -> str:
    meta = open_meta(store.meta.of(TENANT, "pack", case.more[0]))
    return "" if meta == case.meta else f"{meta}"


def _links(store: Store, case: Change) -> str:
    pack = store.packs.get(TENANT, case.more[0])
    there = {link.dialog_id for link in store.packs.links(pack)} if pack else set()
    wanted = {case.dialog, *case.more[1:]}
    if case.kind is kinds.EMPTY_PACK:
        wanted = {case.dialog}
    return "" if there == wanted else f"{there}"


def _pack_members(store: Store, case: Change) -> str:
    wanted = {*MEMBERS, *case.users} if case.kind is kinds.JOIN_PACK else {*MEMBERS}
    for dialog in (case.dialog, case.more[1]):
        there = {row.user_id for row in store.members.of_dialog(TENANT, dialog)}
        if there != wanted:
            return f"{dialog}: {there}"
    return ""


def _no_dialog(store: Store, case: Change) -> str:
    dialog = store.dialogs.get(TENANT, case.dialog)
    meta = store.meta.of(TENANT, "dialog", case.dialog)
    there = _members(store, case)
    return f"{dialog}, {there}, {meta}" if dialog or there or meta else ""


def _no_user(store: Store, case: Change) -> str:
    user = store.users.get(TENANT, case.users[0])
    return f"{user}" if user else ""


def _user(store: Store, case: Change) -> str:
    user = store.users.get(TENANT, case.users[0])
    meta = store.meta.of(TENANT, "user", case.users[0])
    whole = user is not None and user.type == kinds.NEW_TYPE and meta == case.meta
    return "" if whole else f"{user}, {meta}"


def _members(store: Store, case: Change) -> set[str]:
    return {row.user_id for row in store.members.of_dialog(TENANT, case.dialog)}


_PROBLEMS: Final[dict[str, Callable[[Store, Change], str]]] = {
    kinds.EDIT.name: _text,
    kinds.RIVAL_EDITS.name: _text,
    kinds.DELETE.name: _deleted,
    kinds.RESTORE.name: _deleted,
    kinds.MOVE.name: _topic,
    kinds.ADD.name: _joined,
    kinds.RIVAL_ADDS.name: _joined,
    kinds.REMOVE.name: _left,
    kinds.LEAVE.name: _left,
    kinds.DIALOG_META.name: _dialog_meta,
    kinds.MY_META.name: _my_meta,
    kinds.TOPIC_META.name: _topic_meta,
    kinds.READ.name: _read,
    kinds.READ_PACK.name: _read,
    kinds.READ_BY_ALL.name: _read,
    kinds.PACK_META.name: _pack_meta,
    kinds.FILL_PACK.name: _links,
    kinds.EMPTY_PACK.name: _links,
    kinds.JOIN_PACK.name: _pack_members,
    kinds.LEAVE_PACK.name: _pack_members,
    kinds.BACK_END_ADD.name: _joined,
    kinds.BACK_END_REMOVE.name: _left,
    kinds.DELETE_DIALOG.name: _no_dialog,
    kinds.DELETE_USER.name: _no_user,
    kinds.UPSERT_USER.name: _user,
    kinds.UPDATE_USER.name: _user,
}
