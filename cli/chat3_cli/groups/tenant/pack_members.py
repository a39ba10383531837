"""The commands of `chat3 tenant packs` that are about the members of a pack's dialogs."""

from argparse import Namespace
from collections.abc import Sequence

from chat3_api.chat3.tenant.v1 import (
    AddPackMemberRequest,
    AddPackMemberResponse,
    GetPackMemberRequest,
    GetPackMemberResponse,
    ListPackMembersRequest,
    MarkPackMemberReadRequest,
    MarkPackMemberReadResponse,
    MarkPackReadRequest,
    MarkPackReadResponse,
    RemovePackMemberRequest,
    TenantServiceStub,
)
from chat3_api.chat3.user.v1 import PackMembership
from chat3_cli.arguments import PACK_ID, USER_ID
from chat3_cli.command import Call, Command
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.listing import Listing
from chat3_cli.render import by_sender_type, counted
from chat3_cli.style import CYAN, moment
from chat3_cli.table import Column
from chat3_cli.views import Record, Says

_PLACE = "pck_demoteam000000000000 bob"


def _shown(args: Namespace, response: GetPackMemberResponse) -> Record:
    mine = response.membership or PackMembership()
    dialogs = "" if mine.dialog_count is None else str(mine.dialog_count)
    return Record(
        f"{args.user_id} in {args.pack_id}",
        [
            ("unread", by_sender_type(mine.unread_count, mine.unread_by_sender_type)),
            ("dialogs", dialogs),
            ("updated", moment(mine.update_time)),
        ],
    )


def _joined(args: Namespace, response: AddPackMemberResponse) -> Says:
    dialogs = counted(response.joined_dialog_count, "dialog")
    changed = response.joined_dialog_count > 0
    return Says(f"{args.user_id} joined {dialogs} of {args.pack_id}", changed=changed)


def _all_read(args: Namespace, response: MarkPackReadResponse) -> Says:
    if response.user_count is None:
        return Says(f"{args.pack_id} may be read by everybody up to an earlier call", changed=False)
    return Says(f"{args.pack_id} is read by {counted(response.user_count, 'user')}")


def _read(args: Namespace, response: MarkPackMemberReadResponse) -> Says:
    dialogs = counted(response.dialog_count, "dialog")
    return Says(f"{dialogs} of {args.pack_id} are read by {args.user_id}")


PACK_MEMBER_COMMANDS: Sequence[Command] = (
    Listing(
        name="members",
        help="list who is in a dialog of a pack",
        example="chat3 tenant packs members pck_demoteam000000000000 --all",
        arguments=(PACK_ID,),
        identity=IDENTITY,
        method=TenantServiceStub.list_pack_members,
        request=ListPackMembersRequest,
        items=lambda response: response.user_ids,
        noun="user",
        columns=(Column[str](header="USER", cell=lambda it: it, colour=CYAN),),
    ),
    Call(
        name="member",
        help="show what a member has not read in a pack",
        example=f"chat3 tenant packs member {_PLACE}",
        arguments=(PACK_ID, USER_ID),
        identity=IDENTITY,
        method=TenantServiceStub.get_pack_member,
        request=GetPackMemberRequest,
        view=_shown,
    ),
    Call(
        name="join",
        help="make a user a member of every dialog of a pack",
        example=f"chat3 tenant packs join {_PLACE}",
        arguments=(PACK_ID, USER_ID),
        identity=IDENTITY,
        method=TenantServiceStub.add_pack_member,
        request=AddPackMemberRequest,
        view=_joined,
    ),
    Call(
        name="leave",
        help="remove a user from every dialog of a pack",
        example=f"chat3 tenant packs leave {_PLACE}",
        arguments=(PACK_ID, USER_ID),
        identity=IDENTITY,
        method=TenantServiceStub.remove_pack_member,
        request=RemovePackMemberRequest,
        view=lambda args, _: Says(f"removed {args.user_id} from {args.pack_id}"),
    ),
    Call(
        name="read-by-all",
        help="mark a pack as read by everybody in its dialogs",
        example="chat3 tenant packs read-by-all pck_demoteam000000000000",
        arguments=(PACK_ID,),
        identity=IDENTITY,
        method=TenantServiceStub.mark_pack_read,
        request=MarkPackReadRequest,
        view=_all_read,
    ),
    Call(
        name="read",
        help="mark a pack as read by one of its members",
        example=f"chat3 tenant packs read {_PLACE}",
        arguments=(PACK_ID, USER_ID),
        identity=IDENTITY,
        method=TenantServiceStub.mark_pack_member_read,
        request=MarkPackMemberReadRequest,
        view=_read,
    ),
)
