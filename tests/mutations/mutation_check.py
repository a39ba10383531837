"""Holds what the platform has, and has published, against what was asked for and answered."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from mutation_cases import ACTOR, MEMBERS, Case, Like, Mark, Read, Send, told
from mutation_changes import Change
from mutation_check_changes import ChangeChecker
from mutation_check_creations import CreationChecker
from mutation_creations import Creation
from mutation_tally import Tally
from mutation_users import NewUser, UserChecker

from chat3_embedded.store import Store
from chat3_embedded.store.records import Message
from support.gateway import TENANT


class Checker:
    """Checks the mutations of dialogs of one store, once nothing more is to come."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._creations = CreationChecker(store)
        # By message: who got an update.message about it, about its creation and its deletion; and
        # the events of its marks.
        self._reached: defaultdict[str, set[str]] = defaultdict(set)
        self._created: defaultdict[str, set[str]] = defaultdict(set)
        self._gone: defaultdict[str, set[str]] = defaultdict(set)
        self._marked: defaultdict[str, set[str]] = defaultdict(set)
        updates = [msgspec.json.decode(outgoing.body) for outgoing in store.outgoing.kept()]
        self._changes = ChangeChecker(store, updates)
        self._users = UserChecker(store, updates)
        for update in updates:
            if update["updateType"] == "update.message":
                self._note(update)

    def _note(self, update: Any) -> None:
        message = update["data"]["message"]["messageId"]
        if update["sourceEventType"] in {"message.create", "message.changed"}:
            self._reached[message].add(update["userId"])
            if update["sourceEventType"] == "message.create":
                self._created[message].add(update["userId"])
        elif update["sourceEventType"] == "message.deleted":
            self._gone[message].add(update["userId"])
        elif update["sourceEventType"].endswith(("status.changed", "reaction.changed")):
            self._marked[message].add(update["eventId"])

    def check(self, dialog: str, cases: Iterable[Case], tally: Tally) -> None:
        """Count what is broken, and what was told."""
        written: defaultdict[str, list[Message]] = defaultdict(list)
        for message in self._store.messages.page({"tenantId": TENANT, "dialogId": dialog}):
            written[message.content].append(message)
        for case in cases:
            if isinstance(case, Send):
                self._send(case, written[case.key], tally)
            elif isinstance(case, Mark):
                self._mark(case, tally)
            elif isinstance(case, NewUser):
                self._users.check(case, tally)
            elif isinstance(case, Creation):
                self._creations.check(case, tally)
            elif isinstance(case, Change):
                self._changes.check(case, tally)
        if orphans := self._creations.orphans(dialog):
            tally.breaks("doubled", f"{dialog}: {orphans} topics that nobody asked for")
        if bare := self._creations.bare_packs():
            tally.breaks("doubled", f"{bare} packs that nobody asked for")

    def _send(self, case: Send, copies: Sequence[Message], tally: Tally) -> None:
        there = [message for message in copies if not message.deleted]
        for message in (message for message in copies if message.deleted):
            tally.taken_away += 1
            tally.ghosts += not self._reached[message.message_id] <= self._gone[message.message_id]
        if len(there) > 1:
            tally.breaks("doubled", f"{case.key}: {[message.message_id for message in there]}")
        if not case.answers:
            tally.breaks("unanswered", case.key)
            return
        ids = {answer.message.message_id for answer in case.answers if answer.message}
        if not there:
            tally.breaks("lost", case.key)
        if len(ids) > 1 or not ids <= {message.message_id for message in there}:
            tally.breaks("phantom", f"{case.key}: {ids}")
            return
        message = next(message for message in there if message.message_id in ids)
        self._whole(case, message, tally)
        if missed := set(MEMBERS) - self._reached[message.message_id]:
            tally.breaks("unannounced", f"{case.key}: {missed}")

    def _whole(self, case: Send, message: Message, tally: Tally) -> None:
        lacking = self._lacking(case, message)
        for answer in case.answers:
            shown = answer.message and answer.message.quoted_message
            seen = lacking | ({"QUOTE"} if case.quoted and not shown else set())
            if unsaid := seen - told(answer):
                tally.breaks("incomplete", f"{case.key}: {unsaid}, told {set(told(answer))}")
                break
        said = frozenset[str]().union(*map(told, case.answers))
        tally.told.update(said)
        tally.told_in_vain.update(said - lacking)

    def _lacking(self, case: Send, message: Message) -> set[str]:
        """Return the parts that the message lacks; a part of meta can never be told."""
        where = (TENANT, message.message_id)
        meta = self._store.meta.of(TENANT, "message", message.message_id)
        others = {*MEMBERS} - {case.sender}
        marked = {user for user in others if self._store.marks.history_of(*where, user)}
        lacking = set() if marked == others else {"STATUSES"}
        if any(meta.get(key) != value for key, value in case.meta.items()):
            lacking.add("META")
        if case.quoted and (message.quoted or {}).get("messageId") != case.quoted:
            lacking.add("QUOTE")
        if not set(MEMBERS) <= self._created[message.message_id]:
            # Counters follow from the same event.
            lacking |= {"CREATED_UPDATE", "UNREAD_COUNTS"}
        return lacking

    def _mark(self, case: Mark, tally: Tally) -> None:
        if not case.answers:
            tally.breaks("marks_unanswered", case.key)
            return
        rows = self._rows(case)
        if rows != 1:
            tally.breaks("marks_doubled" if rows else "marks_lost", f"{case.key}: {rows} rows")
        events = len(self._marked[case.target])
        tally.marks_silent += not events
        tally.marks_repeated += events > 1

    def _rows(self, case: Mark) -> int:
        marks = self._store.marks
        if isinstance(case, Read):
            history = marks.history_of(TENANT, case.target, ACTOR)
            return sum(status.status == "read" for status in history)
        assert isinstance(case, Like)
        return len(marks.reactions(TENANT, [case.target]).get(case.target, ()))
