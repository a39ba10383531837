"""One honest call of every method: the tests that hold for all methods make these.

A method needs a line here; `test_every_method` fails by its name without one. Every call is alice's
and succeeds, against what the scene puts into the platform when it is first asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.store.records import MetaIndex, Pack, PackLink, Topic
from support.gateway import TENANT, Upstream

ACTOR: Final = "alice"
_LONG_AGO: Final = 1_795_424_735_959.186
"""When all things of a scene came to be, in Unix milliseconds."""


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

    @cached_property
    def deleted_message(self) -> str:
        """A message of alice in the dialog that she has deleted."""
        self.upstream.store.messages.set_deleted(TENANT, self.message, _LONG_AGO, ACTOR)
        return self.message

    @cached_property
    def topic(self) -> str:
        """A topic of the dialog."""
        topic_id = "topic_" + self.dialog.removeprefix("dlg_")
        self.upstream.store.dialogs.add_topic(Topic(TENANT, topic_id, self.dialog, _LONG_AGO))
        return topic_id

    @cached_property
    def pack(self) -> str:
        """A pack that holds the dialog."""
        pack_id = "pck_" + self.dialog.removeprefix("dlg_")
        self.upstream.store.packs.add(Pack(TENANT, pack_id, _LONG_AGO))
        self.upstream.store.packs.link(PackLink(TENANT, pack_id, self.dialog, _LONG_AGO))
        return pack_id

    @cached_property
    def index(self) -> str:
        """A meta index of users."""
        index_id = "unique:email"
        index = MetaIndex(TENANT, "user", index_id, "unique", ("email",), None, "x", _LONG_AGO)
        self.upstream.store.meta_indexes.add(index)
        return index_id

    @cached_property
    def newcomer(self) -> str:
        """A user who is in no dialog."""
        self.upstream.store.add_user(TENANT, "dora")
        return "dora"

    @property
    def its_pack(self) -> dict[str, Any]:
        """The field of requests about the pack."""
        return {"pack_id": self.pack}

    @property
    def its_dialog(self) -> dict[str, Any]:
        """The field of requests about the dialog."""
        return {"dialog_id": self.dialog}

    @property
    def its_message(self) -> dict[str, Any]:
        """The fields of requests about the message."""
        return {"dialog_id": self.dialog, "message_id": self.message}

    @property
    def its_topic(self) -> dict[str, Any]:
        """The fields of requests about the topic."""
        return {"dialog_id": self.dialog, "topic_id": self.topic}


def _meta() -> Struct:
    return Struct.from_dict({"title": "A title", "n": 7.0})


CASES: Final[dict[str, Callable[[Scene], Any]]] = {
    "AddDialogMembers": lambda scene: pb.AddDialogMembersRequest(
        **scene.its_dialog, user_ids=[scene.newcomer]
    ),
    "CreateDialog": lambda scene: pb.CreateDialogRequest(member_ids=[scene.other], meta=_meta()),
    "CreateTopic": lambda scene: pb.CreateTopicRequest(**scene.its_dialog, meta=_meta()),
    "DeleteMessage": lambda scene: pb.DeleteMessageRequest(**scene.its_message),
    "EditMessage": lambda scene: pb.EditMessageRequest(**scene.its_message, content="better"),
    "GetDialog": lambda scene: pb.GetDialogRequest(**scene.its_dialog),
    "GetDialogMessages": lambda scene: pb.GetDialogMessagesRequest(**scene.its_dialog),
    "GetMessage": lambda scene: pb.GetMessageRequest(**scene.its_message),
    "GetMyself": lambda _: pb.GetMyselfRequest(),
    "GetOrCreateDirectDialog": lambda scene: pb.GetOrCreateDirectDialogRequest(
        user_id=scene.newcomer
    ),
    "GetPack": lambda scene: pb.GetPackRequest(pack_id=scene.pack),
    "GetUser": lambda scene: pb.GetUserRequest(user_id=scene.other),
    "GetUserDialogs": lambda _: pb.GetUserDialogsRequest(include_last_message=True),
    "LeaveDialog": lambda scene: pb.LeaveDialogRequest(**scene.its_dialog),
    "ListDialogMembers": lambda scene: pb.ListDialogMembersRequest(**scene.its_dialog),
    "ListMessageStatuses": lambda scene: pb.ListMessageStatusesRequest(**scene.its_message),
    "ListMessageVersions": lambda scene: pb.ListMessageVersionsRequest(**scene.its_message),
    "ListPackMessages": lambda scene: pb.ListPackMessagesRequest(pack_id=scene.pack),
    "ListPacks": lambda _: pb.ListPacksRequest(),
    "ListTopics": lambda scene: pb.ListTopicsRequest(**scene.its_dialog),
    "ListUpdates": lambda _: pb.ListUpdatesRequest(),
    "MarkDialogRead": lambda scene: pb.MarkDialogReadRequest(**scene.its_dialog),
    "MarkPackRead": lambda scene: pb.MarkPackReadRequest(pack_id=scene.pack),
    "RemoveDialogMember": lambda scene: pb.RemoveDialogMemberRequest(
        **scene.its_dialog, user_id=scene.other
    ),
    "RestoreMessage": lambda scene: pb.RestoreMessageRequest(
        **scene.its_dialog, message_id=scene.deleted_message
    ),
    "SendMessage": lambda scene: pb.SendMessageRequest(**scene.its_dialog, content="x"),
    "SendTypingIndicator": lambda scene: pb.SendTypingIndicatorRequest(**scene.its_dialog),
    "SetMessageReaction": lambda scene: pb.SetMessageReactionRequest(
        **scene.its_message, reaction="👍", action=pb.ReactionAction.SET
    ),
    "SetMessageStatus": lambda scene: pb.SetMessageStatusRequest(
        **scene.its_message, status=pb.MessageStatus.READ
    ),
    "SetMessageTopic": lambda scene: pb.SetMessageTopicRequest(
        **scene.its_message, topic_id=scene.topic
    ),
    "SubscribeUpdates": lambda _: pb.SubscribeUpdatesRequest(),
    "UpdateDialogMeta": lambda scene: pb.UpdateDialogMetaRequest(**scene.its_dialog, meta=_meta()),
    "UpdateMyMeta": lambda _: pb.UpdateMyMetaRequest(meta=_meta()),
    "UpdateTopic": lambda scene: pb.UpdateTopicRequest(**scene.its_topic, meta=_meta()),
}
