"""The creations of a seed: dialogs, topics, packs, and the direct dialogs of two who both ask."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import betterproto2
from mutation_cases import ACTOR, BACK_END, MEMBERS, SERVICE, Case

from chat3_api.chat3.tenant import v1 as tenant_pb
from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.store import Store
from support.gateway import TENANT

PLACE: Final = "place"
"""The key of meta that says which case a dialog or topic belongs to."""


@dataclass
class Creation(Case):
    """A dialog or topic; answers are kept whole."""

    answers: list[Any] = field(default_factory=list)

    @property
    def meta(self) -> Mapping[str, Any]:
        return {PLACE: self.key, "n": 7.0, "nested": {"a": [1.0, 2.0]}}

    def heard(self, answer: Any) -> None:
        self.answers.append(answer)


@dataclass
class NewDialog(Creation):
    """A dialog of its own."""

    method = SERVICE + "CreateDialog"
    response = pb.CreateDialogResponse

    @property
    def request(self) -> pb.CreateDialogRequest:
        return pb.CreateDialogRequest(
            member_ids=[*MEMBERS[1:]],
            meta=Struct.from_dict(dict(self.meta)),
            idempotency_key=self.key,
        )


@dataclass
class NewTopic(Creation):
    """A topic of the seed's dialog."""

    method = SERVICE + "CreateTopic"
    response = pb.CreateTopicResponse

    @property
    def request(self) -> pb.CreateTopicRequest:
        return pb.CreateTopicRequest(
            dialog_id=self.dialog,
            meta=Struct.from_dict(dict(self.meta)),
            idempotency_key=self.key,
        )


@dataclass
class NewPack(Creation):
    """A pack, which a back end creates; the caller's own id in the metadata is not read."""

    method = BACK_END + "CreatePack"
    response = tenant_pb.CreatePackResponse

    @property
    def request(self) -> tenant_pb.CreatePackRequest:
        return tenant_pb.CreatePackRequest(
            meta=Struct.from_dict(dict(self.meta)), idempotency_key=self.key
        )


@dataclass
class Direct(Creation):
    """The direct dialog of the actor and a peer nobody else asks for; they ask in turn."""

    method = SERVICE + "GetOrCreateDirectDialog"
    response = pb.GetOrCreateDirectDialogResponse

    def __post_init__(self) -> None:
        self._askers: Iterator[tuple[str, str]] = itertools.cycle(
            ((ACTOR, self.peer), (self.peer, ACTOR))
        )

    @property
    def peer(self) -> str:
        return f"peer-{self.key}"

    def next_call(self) -> tuple[str, betterproto2.Message]:
        asker, other = next(self._askers)
        return asker, pb.GetOrCreateDirectDialogRequest(user_id=other)


def creations(store: Store, dialog: str, seed: int, count: int) -> list[Case]:
    """Return ``count`` creations of each kind; peers of direct dialogs become users."""
    found: list[Case] = []
    for index in range(count):
        found += [
            NewDialog(f"{seed}-dialog-{index}", dialog),
            NewTopic(f"{seed}-topic-{index}", dialog),
            NewPack(f"{seed}-pack-{index}", dialog),
            direct(store, dialog, f"{seed}-{index}"),
        ]
    return found


def direct(store: Store, dialog: str, key: str) -> Direct:
    """Return a pair, whose peer becomes a user."""
    made = Direct(key, dialog)
    store.add_user(TENANT, made.peer)
    return made
