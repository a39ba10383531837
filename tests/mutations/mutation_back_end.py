"""What a back end does with messages: sends, marks and changes in the names of others."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import betterproto2
import mutation_changes as kinds
from mutation_cases import ACTOR, Like, Mark, Read, Send
from mutation_changes import Change, Kind

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import MessageStatus, ReactionAction
from chat3_api.google.protobuf import Struct

SERVICE: Final = "/chat3.tenant.v1.TenantService/"
HELPER: Final = "helper"
"""A user who is in no dialog."""


@dataclass
class TenantSend(Send):
    """A message in the name of a member."""

    method = SERVICE + "SendMessage"
    response = pb.SendMessageResponse

    @property
    def request(self) -> betterproto2.Message:
        return pb.SendMessageRequest(
            dialog_id=self.dialog,
            sender_id=self.sender,
            content=self.key,
            meta=Struct.from_dict(dict(self.meta)) if self.meta else None,
            quoted_message_id=self.quoted,
            idempotency_key=self.key,
        )


@dataclass
class HelpersSend(TenantSend):
    """A message in the name of a user who is no member."""

    @property
    def sender(self) -> str:
        return HELPER


@dataclass
class TenantRead(Read):
    """The status `read` in a member's name."""

    method = SERVICE + "SetMessageStatus"
    response = pb.SetMessageStatusResponse

    @property
    def request(self) -> betterproto2.Message:
        return pb.SetMessageStatusRequest(
            message_id=self.target,
            user_id=ACTOR,
            status=MessageStatus.READ,
            idempotency_key=self.key,
        )


@dataclass
class TenantLike(Like):
    """A reaction in a member's name."""

    method = SERVICE + "SetMessageReaction"
    response = pb.SetMessageReactionResponse

    @property
    def request(self) -> betterproto2.Message:
        return pb.SetMessageReactionRequest(
            message_id=self.target,
            user_id=ACTOR,
            reaction="👍",
            action=ReactionAction.SET,
            idempotency_key=self.key,
        )


def _moderated(kind: Kind, fields: Callable[[Change], dict[str, Any]]) -> Kind:
    """Return the same change of any message, whose name and checks are those of its sender's."""
    return replace(
        kind,
        fields=lambda case: {"message_id": case.message, **fields(case)},
        service=SERVICE,
        contract=pb,
    )


SENDS: Final[tuple[type[Send], ...]] = (TenantSend, HelpersSend)
MARKS: Final[tuple[type[Mark], ...]] = (TenantRead, TenantLike)
EDIT: Final = _moderated(kinds.EDIT, lambda case: {"content": case.key, "edited_by": "staff"})
KINDS: Final = (
    EDIT,
    _moderated(
        kinds.RIVAL_EDITS, lambda case: {"content": case.key, "edited_by": f"staff {case.key}"}
    ),
    _moderated(kinds.DELETE, lambda _: {"deleted_by": "staff"}),
    _moderated(kinds.RESTORE, lambda _: {}),
    _moderated(kinds.MOVE, lambda case: {"topic_id": case.topics[1]}),
)
