"""What a back end creates: users, and dialogs and topics without an acting user."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import betterproto2
from mutation_cases import BACK_END, MEMBERS, Case
from mutation_creations import Creation, NewDialog, NewTopic
from mutation_published import Update
from mutation_tally import Tally

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.store import Store
from support.gateway import TENANT

_TYPE = "bot"
_TELL = frozenset({"user.add", "user.changed"})


@dataclass
class NewUser(Creation):
    """A user with custom data; the caller's own id in the metadata is not read."""

    method = BACK_END + "CreateUser"
    response = pb.CreateUserResponse
    _asked = pb.CreateUserRequest

    @property
    def user_id(self) -> str:
        return f"user-{self.key}".lower()

    @property
    def request(self) -> betterproto2.Message:
        return self._asked(
            user_id=self.user_id,
            type=_TYPE,
            meta=Struct.from_dict(dict(self.meta)),
            idempotency_key=self.key,
        )


@dataclass
class UpsertedUser(NewUser):
    """A user who is not there before the upsert."""

    method = BACK_END + "UpsertUser"
    response = pb.UpsertUserResponse
    _asked = pb.UpsertUserRequest


@dataclass
class BackEndDialog(NewDialog):
    """A dialog of its own."""

    method = BACK_END + "CreateDialog"
    response = pb.CreateDialogResponse

    @property
    def request(self) -> pb.CreateDialogRequest:
        return pb.CreateDialogRequest(
            member_ids=[*MEMBERS],
            meta=Struct.from_dict(dict(self.meta)),
            idempotency_key=self.key,
        )


@dataclass
class BackEndTopic(NewTopic):
    """A topic of the seed's dialog."""

    method = BACK_END + "CreateTopic"
    response = pb.CreateTopicResponse

    @property
    def request(self) -> pb.CreateTopicRequest:
        return pb.CreateTopicRequest(
            dialog_id=self.dialog,
            meta=Struct.from_dict(dict(self.meta)),
            idempotency_key=self.key,
        )


KINDS: tuple[type[Creation], ...] = (NewUser, UpsertedUser, BackEndDialog, BackEndTopic)


def back_end_creations(dialog: str, seed: int, count: int) -> list[Case]:
    """Return ``count`` creations of each kind."""
    return [
        kind(f"{seed}-{kind.__name__}-{index}", dialog) for index in range(count) for kind in KINDS
    ]


class UserChecker:
    """Checks the creations of users of one store, once nothing more is to come."""

    def __init__(self, store: Store, updates: Iterable[Update]) -> None:
        self._store = store
        # By user: the custom data that the last update told of.
        self._told: dict[str, Any] = {}
        for update in updates:
            if update["sourceEventType"] in _TELL and "stats" not in update["data"]["user"]:
                self._told[update["userId"]] = update["data"]["user"].get("meta")

    def check(self, case: NewUser, tally: Tally) -> None:
        """Count what is broken about a user's creation."""
        if not case.answers:
            tally.breaks("unanswered", case.key)
            return
        row = self._store.users.get(TENANT, case.user_id)
        meta = self._store.meta.of(TENANT, "user", case.user_id)
        if row is None:
            tally.breaks("lost", case.key)
        elif row.type != _TYPE or meta != case.meta:
            tally.breaks("incomplete", f"{case.key}: {row}, {meta}")
        if any(answer != case.answers[0] for answer in case.answers):
            tally.breaks("phantom", f"{case.key}: answers differ: {case.answers}")
        if not all(getattr(answer, "created", True) for answer in case.answers):
            tally.breaks("phantom", f"{case.key}: not created, says an answer")
        if self._told.get(case.user_id) != case.meta:
            tally.breaks("unannounced", f"{case.key}: told {self._told.get(case.user_id)}")
