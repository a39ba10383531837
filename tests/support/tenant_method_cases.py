"""One honest call of every method of TenantService; see `method_cases`."""

from collections.abc import Callable
from typing import Any, Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.google.protobuf import Struct
from support.method_cases import Scene


def _meta() -> Struct:
    return Struct.from_dict({"displayName": "A name", "n": 7.0})


def _title() -> Struct:
    return Struct.from_dict({"title": "A title", "n": 7.0})


CASES: Final[dict[str, Callable[[Scene], Any]]] = {
    "CreateUser": lambda _: pb.CreateUserRequest(user_id="new", type="bot", meta=_meta()),
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
    "MarkMemberRead": lambda scene: pb.MarkMemberReadRequest(
        **scene.its_dialog, user_id=scene.other
    ),
    "RemoveDialogMember": lambda scene: pb.RemoveDialogMemberRequest(
        **scene.its_dialog, user_id=scene.other
    ),
    "UpdateDialogMeta": lambda scene: pb.UpdateDialogMetaRequest(**scene.its_dialog, meta=_title()),
    "UpdateTopic": lambda scene: pb.UpdateTopicRequest(**scene.its_topic, meta=_title()),
    "WatchUpdates": lambda scene: pb.WatchUpdatesRequest(
        batch_id="b", watch=[pb.UserToWatch(user_id=scene.other)]
    ),
}
