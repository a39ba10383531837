"""The mutations of a seed: what is asked for, with a key each, and what was answered."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import betterproto2

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.store import Store
from support.gateway import TENANT

ACTOR: Final = "alice"
MEMBERS: Final = (ACTOR, "bob", "carl")
SERVICE: Final = "/chat3.user.v1.UserService/"
BACK_END: Final = "/chat3.tenant.v1.TenantService/"
_FULL_SHARE: Final = 0.3


@dataclass
class Case:
    """One mutation with its key."""

    key: str
    dialog: str

    @property
    def method(self) -> str:
        raise NotImplementedError

    @property
    def request(self) -> betterproto2.Message:
        raise NotImplementedError

    @property
    def response(self) -> type[betterproto2.Message]:
        raise NotImplementedError

    @property
    def sender(self) -> str:
        """Return in whose name it is done."""
        return ACTOR

    def next_call(self) -> tuple[str, betterproto2.Message]:
        """Return who makes the next call, and its request."""
        return ACTOR, self.request

    def heard(self, answer: Any) -> None:
        """Keep an answer."""
        raise NotImplementedError


@dataclass
class Send(Case):
    """A message whose text is its key; answers are kept whole."""

    meta: Mapping[str, Any] = field(default_factory=dict)
    quoted: str | None = None
    answers: list[pb.SendMessageResponse] = field(default_factory=list)

    method = SERVICE + "SendMessage"
    response = pb.SendMessageResponse

    def heard(self, answer: pb.SendMessageResponse) -> None:
        self.answers.append(answer)

    @property
    def request(self) -> pb.SendMessageRequest:
        return pb.SendMessageRequest(
            dialog_id=self.dialog,
            content=self.key,
            meta=Struct.from_dict(dict(self.meta)) if self.meta else None,
            quoted_message_id=self.quoted,
            idempotency_key=self.key,
        )


@dataclass
class Mark(Case):
    """A status or a reaction of a message that nobody else touches."""

    target: str = ""
    answers: int = 0

    def heard(self, _: Any) -> None:
        self.answers += 1


@dataclass
class Read(Mark):
    """The status `read`."""

    method = SERVICE + "SetMessageStatus"
    response = pb.SetMessageStatusResponse

    @property
    def request(self) -> pb.SetMessageStatusRequest:
        return pb.SetMessageStatusRequest(
            dialog_id=self.dialog,
            message_id=self.target,
            status=pb.MessageStatus.READ,
            idempotency_key=self.key,
        )


@dataclass
class Like(Mark):
    """A reaction."""

    method = SERVICE + "SetMessageReaction"
    response = pb.SetMessageReactionResponse

    @property
    def request(self) -> pb.SetMessageReactionRequest:
        return pb.SetMessageReactionRequest(
            dialog_id=self.dialog,
            message_id=self.target,
            reaction="👍",
            action=pb.ReactionAction.SET,
            idempotency_key=self.key,
        )


def full_send(key: str, dialog: str, quoted: str, kind: type[Send] = Send) -> Send:
    """Return a send with several keys of meta and a quote."""
    meta = {"place": key, "n": 7.0, "nested": {"a": [1.0, 2.0]}}
    return kind(key, dialog, meta=meta, quoted=quoted)


def cases(
    store: Store,
    dialog: str,
    seed: int,
    draw: random.Random,
    sends: int,
    kinds: Sequence[type[Send]],
    marks: Sequence[type[Mark]],
) -> list[Case]:
    """Return a seed's mutations: ``sends`` messages, and a fifth as many marks, of these kinds."""
    quoted = store.add_message(TENANT, dialog, "bob", f"{seed}-quoted").message_id
    found: list[Case] = []
    for index in range(sends):
        key = f"{seed}-{index}"
        full = draw.random() < _FULL_SHARE
        kind = draw.choice(kinds)
        found.append(full_send(key, dialog, quoted, kind) if full else kind(key, dialog))
    for index in range(sends // 5):
        target = store.add_message(TENANT, dialog, "bob", f"{seed}-target-{index}").message_id
        found.append(draw.choice(marks)(f"{seed}-mark-{index}", dialog, target=target))
    return found


def told(answer: pb.SendMessageResponse) -> frozenset[str]:
    """Return the names of the parts that an answer says the message lacks for good."""
    return frozenset(part.name or "UNKNOWN" for part in getattr(answer, "missing_parts", ()))
