"""Holds the dialogs and topics that the platform has against what was asked for and answered."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from mutation_cases import ACTOR, MEMBERS, told
from mutation_creations import PLACE, Creation, Direct, NewDialog, NewPack, NewTopic
from mutation_tally import Tally

from chat3_embedded.store import Store
from support.gateway import TENANT

_OWN: Final = "chat3_"
_CREATED: Final = frozenset({"dialog.create", "dialog.topic.create"})
_CHANGED: Final = frozenset({"dialog.changed", "dialog.topic.changed"})


class CreationChecker:
    """Checks the creations of one store, once nothing more is to come."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # By dialog or topic: who got an update that it is new, or that it is new or has changed.
        self._created: defaultdict[str, set[str]] = defaultdict(set)
        self._reached: defaultdict[str, set[str]] = defaultdict(set)
        for outgoing in store.outgoing.kept():
            update = msgspec.json.decode(outgoing.body)
            event = update["sourceEventType"]
            if event in _CREATED | _CHANGED:
                thing = update["data"]["context"]["entityId"]
                self._reached[thing].add(update["userId"])
                if event in _CREATED:
                    self._created[thing].add(update["userId"])
        self._members = {
            dialog.dialog_id: {
                member.user_id for member in store.members.of_dialog(TENANT, dialog.dialog_id)
            }
            for dialog in store.dialogs.all(TENANT)
        }
        self._metas = {
            kind: store.meta.all_of(TENANT, kind) for kind in ("dialog", "topic", "pack")
        }

    def unseen_rows(self) -> int:
        """Return how many rows of dialogs without members there are: nobody can see them."""
        return sum(not members for members in self._members.values())

    def orphans(self, dialog: str) -> int:
        """Return how many topics of the dialog carry no key: nobody asked for them."""
        topics = self._store.dialogs.topics(TENANT, dialog)
        return sum("chat3_key" not in self._metas["topic"].get(row.topic_id, {}) for row in topics)

    def bare_packs(self) -> int:
        """Return how many packs have neither custom data nor dialogs: nobody asked for them."""
        return sum(
            not self._metas["pack"].get(pack.pack_id) and not self._store.packs.links(pack)
            for pack in self._store.packs.all(TENANT)
        )

    def check(self, case: Creation, tally: Tally) -> None:
        """Count what is broken about a creation, and what was told."""
        if isinstance(case, NewDialog):
            there = self._placed("dialog", case.key)
            self._one(case, {thing for thing in there if self._members.get(thing)}, "dialog", tally)
        elif isinstance(case, NewTopic):
            self._one(case, self._placed("topic", case.key), "topic", tally)
        elif isinstance(case, NewPack):
            self._pack(case, self._placed("pack", case.key), tally)
        elif isinstance(case, Direct):
            both = {ACTOR, case.peer}
            there = {thing for thing, members in self._members.items() if members == both}
            self._one(case, there, "dialog", tally, both)

    def _placed(self, kind: str, key: str) -> set[str]:
        return {thing for thing, meta in self._metas[kind].items() if meta.get(PLACE) == key}

    def _one(
        self,
        case: Creation,
        there: set[str],
        kind: str,
        tally: Tally,
        members: set[str] | None = None,
    ) -> None:
        if len(there) > 1:
            tally.breaks("doubled", f"{case.key}: {there}")
        if not case.answers:
            tally.breaks("unanswered", case.key)
            return
        answered = {_id_of(answer) for answer in case.answers}
        if not there:
            tally.breaks("lost", case.key)
        if len(answered) > 1 or not answered <= there:
            tally.breaks("phantom", f"{case.key}: {answered}, there {there}")
            return
        (thing,) = answered
        expected = members or set(MEMBERS)
        self._whole(case, thing, kind, expected, tally)
        if missed := expected - self._reached[thing]:
            tally.breaks("unannounced", f"{case.key}: {missed}")

    def _pack(self, case: NewPack, there: set[str], tally: Tally) -> None:
        """Hold a pack against its answers: nobody is told of a new one, so it is whole or not."""
        if len(there) > 1:
            tally.breaks("doubled", f"{case.key}: {there}")
        if not case.answers:
            tally.breaks("unanswered", case.key)
        elif not there:
            tally.breaks("lost", case.key)
        answered = {answer.pack.pack_id for answer in case.answers}
        if not answered <= there:
            tally.breaks("phantom", f"{case.key}: {answered}, there {there}")
        for thing in there:
            meta = self._metas["pack"][thing]
            if {key: value for key, value in meta.items() if not key.startswith(_OWN)} != case.meta:
                tally.breaks("incomplete", f"{case.key}: {meta}")

    def _whole(
        self, case: Creation, thing: str, kind: str, expected: set[str], tally: Tally
    ) -> None:
        if isinstance(case, Direct):
            wanted: Mapping[str, Any] = {}
            if sum(answer.created for answer in case.answers) > 1:
                tally.breaks("phantom", f"{case.key}: created more than once")
        else:
            wanted = case.meta
        lacking = set() if expected <= self._created[thing] else {"CREATED_UPDATE"}
        meta = self._metas[kind].get(thing, {})
        if {key: value for key, value in meta.items() if not key.startswith(_OWN)} != wanted:
            lacking.add("META")
        if kind == "dialog" and self._members[thing] != expected:
            lacking.add("MEMBERS")
        said = frozenset[str]().union(*map(told, case.answers))
        if isinstance(case, Direct):
            lacking.discard("CREATED_UPDATE")
        for answer in case.answers:
            if unsaid := lacking - told(answer):
                tally.breaks("incomplete", f"{case.key}: {unsaid}, told {set(told(answer))}")
                break
        tally.told_of_creations.update(said)
        tally.told_of_creations_in_vain.update(said - lacking)


def _id_of(answer: Any) -> str:
    thing = getattr(answer, "topic", None) or answer.dialog
    found: str = getattr(thing, "topic_id", "") or thing.dialog_id
    return found
