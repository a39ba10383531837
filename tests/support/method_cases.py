"""One honest call of every method: the tests that hold for all methods make these.

A method needs a line here; `test_every_method` fails by its name without one. Every call is alice's
and succeeds, against what the scene puts into the platform when it is first asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from chat3_api.chat3.user import v1 as pb
from support.gateway import TENANT, Upstream

ACTOR: Final = "alice"


@dataclass(frozen=True)
class Scene:
    """What a call is about; ``other`` is the dialog's second member."""

    upstream: Upstream
    other: str = "bob"

    @cached_property
    def dialog(self) -> str:
        """A dialog of alice and the other one."""
        return self.upstream.dialog(ACTOR, self.other)

    @cached_property
    def message(self) -> str:
        """A message of alice in the dialog."""
        return self.upstream.store.add_message(TENANT, self.dialog, ACTOR, "hello").message_id


CASES: Final[dict[str, Callable[[Scene], Any]]] = {
    "GetDialogMessages": lambda scene: pb.GetDialogMessagesRequest(dialog_id=scene.dialog),
    "GetUserDialogs": lambda _: pb.GetUserDialogsRequest(include_last_message=True),
    "SendMessage": lambda scene: pb.SendMessageRequest(dialog_id=scene.dialog, content="x"),
    "SendTypingIndicator": lambda scene: pb.SendTypingIndicatorRequest(dialog_id=scene.dialog),
    "SetMessageReaction": lambda scene: pb.SetMessageReactionRequest(
        dialog_id=scene.dialog,
        message_id=scene.message,
        reaction="👍",
        action=pb.ReactionAction.SET,
    ),
    "SetMessageStatus": lambda scene: pb.SetMessageStatusRequest(
        dialog_id=scene.dialog, message_id=scene.message, status=pb.MessageStatus.READ
    ),
    "SubscribeUpdates": lambda _: pb.SubscribeUpdatesRequest(),
}
