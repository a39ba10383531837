"""One honest call of every method of TenantService; see `method_cases`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import MessageStatus, ReactionAction
from chat3_api.google.protobuf import Struct
from support.method_cases import Scene


def _meta() -> Struct:
    return Struct.from_dict({"displayName": "A name", "n": 7.0})


def _title() -> Struct:
    return Struct.from_dict({"title": "A title", "n": 7.0})


CASES: Final[dict[str, Callable[[Scene], Any]]] = {
    "CreateUser": lambda _: pb.CreateUserRequest(user_id="new", type="bot", meta=_meta()),
    "CreateUserToken": lambda scene: pb.CreateUserTokenRequest(
        user_id=scene.other, ttl=timedelta(minutes=5)
    ),
    "DeleteUser": lambda scene: pb.DeleteUserRequest(user_id=scene.newcomer),
    "GetUser": lambda scene: pb.GetUserRequest(user_id=scene.other),
    "ListUsers": lambda _: pb.ListUsersRequest(filter="(type,eq,user)", include_total_size=True),
    "UpdateUser": lambda scene: pb.UpdateUserRequest(
        user_id=scene.other, type="contact", meta=_meta()
    ),
    "UpsertUser": lambda scene: pb.UpsertUserRequest(user_id=scene.other, meta=_meta()),
    "AddDialogMembers": lambda scene: pb.AddDialogMembersRequest(
        **scene.its_dialog, user_ids=[scene.newcomer]
    ),
    "CreateDialog": lambda scene: pb.CreateDialogRequest(member_ids=[scene.other], meta=_title()),
    "CreateTopic": lambda scene: pb.CreateTopicRequest(**scene.its_dialog, meta=_title()),
    "DeleteDialog": lambda scene: pb.DeleteDialogRequest(**scene.its_dialog),
    "FindDialogByMeta": lambda _: pb.FindDialogByMetaRequest(meta_key="title", value="A title"),
    "GetDialog": lambda scene: pb.GetDialogRequest(**scene.its_dialog),
    "ListDialogMembers": lambda scene: pb.ListDialogMembersRequest(**scene.its_dialog),
    "ListDialogs": lambda _: pb.ListDialogsRequest(),
    "ListTopics": lambda scene: pb.ListTopicsRequest(**scene.its_dialog),
    "DeleteMessage": lambda scene: pb.DeleteMessageRequest(
        message_id=scene.message, deleted_by="moderator"
    ),
    "EditMessage": lambda scene: pb.EditMessageRequest(
        message_id=scene.message, content="better", edited_by="moderator"
    ),
    "GetMessage": lambda scene: pb.GetMessageRequest(message_id=scene.message),
    "ListMessageStatuses": lambda scene: pb.ListMessageStatusesRequest(message_id=scene.message),
    "ListMessageVersions": lambda scene: pb.ListMessageVersionsRequest(message_id=scene.message),
    "ListMessages": lambda scene: pb.ListMessagesRequest(**scene.its_dialog),
    "RestoreMessage": lambda scene: pb.RestoreMessageRequest(message_id=scene.deleted_message),
    "SearchMessages": lambda _: pb.SearchMessagesRequest(filter="(content,regex,hello)"),
    "SendMessage": lambda scene: pb.SendMessageRequest(
        **scene.its_dialog, sender_id=scene.other, content="x"
    ),
    "SetMessageReaction": lambda scene: pb.SetMessageReactionRequest(
        message_id=scene.message,
        user_id=scene.other,
        reaction="👍",
        action=ReactionAction.SET,
    ),
    "SetMessageStatus": lambda scene: pb.SetMessageStatusRequest(
        message_id=scene.message, user_id=scene.other, status=MessageStatus.READ
    ),
    "SetMessageTopic": lambda scene: pb.SetMessageTopicRequest(
        message_id=scene.message, topic_id=scene.topic
    ),
    "MarkMemberRead": lambda scene: pb.MarkMemberReadRequest(
        **scene.its_dialog, user_id=scene.other
    ),
    "RemoveDialogMember": lambda scene: pb.RemoveDialogMemberRequest(
        **scene.its_dialog, user_id=scene.other
    ),
    "SubscribeTenantUpdates": lambda _: pb.SubscribeTenantUpdatesRequest(),
    "UpdateDialogMeta": lambda scene: pb.UpdateDialogMetaRequest(**scene.its_dialog, meta=_title()),
    "UpdateTopic": lambda scene: pb.UpdateTopicRequest(**scene.its_topic, meta=_title()),
    "AddPackDialog": lambda scene: pb.AddPackDialogRequest(
        **scene.its_pack, dialog_id=scene.upstream.dialog(scene.other)
    ),
    "AddPackMember": lambda scene: pb.AddPackMemberRequest(
        **scene.its_pack, user_id=scene.newcomer
    ),
    "CreatePack": lambda _: pb.CreatePackRequest(meta=_title()),
    "DeletePack": lambda scene: pb.DeletePackRequest(**scene.its_pack),
    "GetPack": lambda scene: pb.GetPackRequest(**scene.its_pack),
    "GetPackMember": lambda scene: pb.GetPackMemberRequest(**scene.its_pack, user_id=scene.other),
    "ListPackDialogs": lambda scene: pb.ListPackDialogsRequest(**scene.its_pack),
    "ListPackMembers": lambda scene: pb.ListPackMembersRequest(**scene.its_pack),
    "ListPackMessages": lambda scene: pb.ListPackMessagesRequest(**scene.its_pack),
    "ListPacks": lambda _: pb.ListPacksRequest(),
    "MarkPackMemberRead": lambda scene: pb.MarkPackMemberReadRequest(
        **scene.its_pack, user_id=scene.other
    ),
    "MarkPackRead": lambda scene: pb.MarkPackReadRequest(**scene.its_pack),
    "RemovePackDialog": lambda scene: pb.RemovePackDialogRequest(
        **scene.its_pack, **scene.its_dialog
    ),
    "RemovePackMember": lambda scene: pb.RemovePackMemberRequest(
        **scene.its_pack, user_id=scene.other
    ),
    "UpdatePackMeta": lambda scene: pb.UpdatePackMetaRequest(**scene.its_pack, meta=_title()),
    "CreateMetaIndex": lambda _: pb.CreateMetaIndexRequest(
        kind=pb.MetaKind.USER, mode=pb.MetaIndexMode.UNIQUE, keys=["phone"]
    ),
    "DeleteMetaIndex": lambda scene: pb.DeleteMetaIndexRequest(
        kind=pb.MetaKind.USER, index_id=scene.index
    ),
    "GetMetaIndex": lambda scene: pb.GetMetaIndexRequest(
        kind=pb.MetaKind.USER, index_id=scene.index
    ),
    "ListMetaIndexes": lambda _: pb.ListMetaIndexesRequest(kind=pb.MetaKind.USER),
    "WatchUpdates": lambda scene: pb.WatchUpdatesRequest(
        batch_id="b", watch=[pb.UserToWatch(user_id=scene.other)]
    ),
}
