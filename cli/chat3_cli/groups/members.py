"""`chat3 members`: the members of a dialog."""

from argparse import Namespace

from chat3_api.chat3.tenant.v1 import AddDialogMembersResponse as TenantAdded
from chat3_api.chat3.user.v1 import (
    AddDialogMembersRequest,
    AddDialogMembersResponse,
    DialogMember,
    ListDialogMembersRequest,
    RemoveDialogMemberRequest,
    UserServiceStub,
)
from chat3_cli.arguments import DIALOG_ID, USER_ID, user_ids
from chat3_cli.command import Call, Group
from chat3_cli.listing import Listing
from chat3_cli.render import meta_line
from chat3_cli.style import CYAN, date_and_clock
from chat3_cli.table import Column
from chat3_cli.views import Says

MEMBER_COLUMNS = (
    Column[DialogMember](header="USER", cell=lambda it: it.user_id, colour=CYAN),
    Column[DialogMember](header="JOINED", cell=lambda it: date_and_clock(it.join_time)),
    Column[DialogMember](header="META", cell=lambda it: meta_line(it.meta), text=True),
)


def added(args: Namespace, response: AddDialogMembersResponse | TenantAdded) -> Says:
    """Say who was added to a dialog, and who was in it already."""
    new = response.added_user_ids
    asked = dict.fromkeys(user_id.lower() for user_id in args.user_ids)
    before = [user_id for user_id in asked if user_id not in new]
    parts = [f"added {', '.join(new)} to {args.dialog_id}"] if new else []
    if before:
        parts.append(f"{', '.join(before)} {'was' if len(before) == 1 else 'were'} in it already")
    return Says("; ".join(parts), changed=bool(new))


MEMBERS = Group(
    name="members",
    help="the members of a dialog",
    commands=(
        Listing(
            name="list",
            help="list the members in the order in which they joined",
            example="chat3 members list dlg_demoweekend000000000 --all",
            arguments=(DIALOG_ID,),
            method=UserServiceStub.list_dialog_members,
            request=ListDialogMembersRequest,
            items=lambda response: response.members,
            noun="member",
            columns=MEMBER_COLUMNS,
        ),
        Call(
            name="add",
            help="add users to a dialog",
            example="chat3 members add dlg_demoweekend000000000 bob carl",
            arguments=(
                DIALOG_ID,
                user_ids("user_ids", "the users to add", nargs="+"),
            ),
            method=UserServiceStub.add_dialog_members,
            request=AddDialogMembersRequest,
            view=added,
        ),
        Call(
            name="remove",
            help="remove a user from a dialog",
            example="chat3 members remove dlg_demoweekend000000000 bob",
            arguments=(DIALOG_ID, USER_ID),
            method=UserServiceStub.remove_dialog_member,
            request=RemoveDialogMemberRequest,
            view=lambda args, _: Says(f"removed {args.user_id} from {args.dialog_id}"),
        ),
    ),
)
