"""`chat3 tenant members`: the members of any dialog of the tenant."""

from argparse import Namespace

from chat3_api.chat3.tenant.v1 import (
    AddDialogMembersRequest,
    ListDialogMembersRequest,
    MarkMemberReadRequest,
    MarkMemberReadResponse,
    RemoveDialogMemberRequest,
    TenantServiceStub,
)
from chat3_cli.arguments import DIALOG_ID, USER_ID, user_ids
from chat3_cli.command import Call, Group
from chat3_cli.groups.members import MEMBER_COLUMNS, added
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.listing import Listing
from chat3_cli.views import Says


def _read(args: Namespace, response: MarkMemberReadResponse) -> Says:
    left = response.membership.unread_count if response.membership is not None else 0
    return Says(f"{args.dialog_id} is read by {args.user_id}, {left} unread")


TENANT_MEMBERS = Group(
    name="tenant members",
    help="the members of any dialog of the tenant",
    commands=(
        Listing(
            name="list",
            help="list the members of any dialog",
            example="chat3 tenant members list dlg_demoweekend000000000 --all",
            arguments=(DIALOG_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.list_dialog_members,
            request=ListDialogMembersRequest,
            items=lambda response: response.members,
            noun="member",
            columns=MEMBER_COLUMNS,
        ),
        Call(
            name="add",
            help="add users to any dialog",
            example="chat3 tenant members add dlg_demoweekend000000000 bob carl",
            arguments=(
                DIALOG_ID,
                user_ids("user_ids", "the users to add", nargs="+"),
            ),
            identity=IDENTITY,
            method=TenantServiceStub.add_dialog_members,
            request=AddDialogMembersRequest,
            view=added,
        ),
        Call(
            name="remove",
            help="remove a user from any dialog",
            example="chat3 tenant members remove dlg_demoweekend000000000 bob",
            arguments=(DIALOG_ID, USER_ID),
            identity=IDENTITY,
            method=TenantServiceStub.remove_dialog_member,
            request=RemoveDialogMemberRequest,
            view=lambda args, _: Says(f"removed {args.user_id} from {args.dialog_id}"),
        ),
        Call(
            name="read",
            help="mark a dialog as read by one of its members",
            example="chat3 tenant members read dlg_demoweekend000000000 bob",
            arguments=(DIALOG_ID, USER_ID),
            identity=IDENTITY,
            method=TenantServiceStub.mark_member_read,
            request=MarkMemberReadRequest,
            view=_read,
        ),
    ),
)
