"""`chat3 dialogs`: the dialogs of the user."""

from argparse import Namespace

from chat3_api.chat3.user.v1 import (
    CreateDialogRequest,
    CreateDialogResponse,
    Dialog,
    GetDialogRequest,
    GetDialogResponse,
    GetOrCreateDirectDialogRequest,
    GetOrCreateDirectDialogResponse,
    GetUserDialogsRequest,
    LeaveDialogRequest,
    MarkDialogReadRequest,
    MarkDialogReadResponse,
    SendTypingIndicatorRequest,
    SendTypingIndicatorResponse,
    UpdateDialogMetaRequest,
    UpdateDialogMetaResponse,
    UserServiceStub,
)
from chat3_cli.arguments import (
    DIALOG_ID,
    LAST_MESSAGE,
    META_CHANGES,
    REMOVE,
    SET,
    TITLE,
    USER_ID,
    filtered,
    sorted_by,
    user_ids,
)
from chat3_cli.command import Call, Group
from chat3_cli.listing import Listing
from chat3_cli.render import counted, dialog_name, last_message, meta_fields
from chat3_cli.style import CYAN, DIM, YELLOW, date_and_clock, moment
from chat3_cli.table import Column
from chat3_cli.views import Record, Says


def _unread(dialog: Dialog) -> int:
    return dialog.membership.unread_count if dialog.membership is not None else 0


_COLUMNS = (
    Column[Dialog](header="TITLE", cell=lambda it: it.title or "-", text=True, colour=CYAN),
    Column[Dialog](header="UNREAD", cell=lambda it: str(_unread(it)), right=True, colour=YELLOW),
    Column[Dialog](header="MEMBERS", cell=lambda it: str(it.member_count), right=True),
    Column[Dialog](header="LAST", cell=lambda it: date_and_clock(it.last_interaction_time)),
    Column[Dialog](header="DIALOG", cell=lambda it: it.dialog_id, colour=DIM),
    Column[Dialog](
        header="LAST MESSAGE",
        cell=lambda it: last_message(it.last_message) or "-",
        text=True,
        most_lines=1,
        when="include_last_message",
    ),
)


def _shown(args: Namespace, response: GetDialogResponse) -> Record:
    dialog = response.dialog or Dialog()
    membership, stats = dialog.membership, dialog.stats
    return Record(
        dialog.title or dialog.dialog_id or args.dialog_id,
        [
            ("dialog", dialog.dialog_id),
            ("members", str(dialog.member_count)),
            ("unread", str(_unread(dialog))),
            ("messages", str(stats.message_count) if stats is not None else None),
            ("topics", str(stats.topic_count) if stats is not None else None),
            ("last interaction", moment(dialog.last_interaction_time)),
            ("last seen", moment(membership.last_seen_time if membership else None)),
            ("joined", moment(membership.join_time if membership else None)),
            ("created", moment(dialog.create_time)),
            ("last message", last_message(dialog.last_message)),
            *meta_fields(dialog.meta),
        ],
    )


def _created(_args: Namespace, response: CreateDialogResponse) -> Says:
    members = counted(response.dialog.member_count if response.dialog is not None else 0, "member")
    return Says(f"created {dialog_name(response.dialog)} with {members}")


def _direct(args: Namespace, response: GetOrCreateDirectDialogResponse) -> Says:
    name = dialog_name(response.dialog)
    if response.created:
        return Says(f"created {name} with {args.user_id}")
    return Says(f"{name} with {args.user_id} was there already", changed=False)


def _changed(args: Namespace, response: UpdateDialogMetaResponse) -> Record:
    return Record(f"changed {args.dialog_id}", meta_fields(response.meta))


def _read(args: Namespace, response: MarkDialogReadResponse) -> Says:
    left = response.membership.unread_count if response.membership is not None else 0
    return Says(f"{args.dialog_id} is read, {left} unread")


def _typing(_args: Namespace, response: SendTypingIndicatorResponse) -> Says:
    seconds = response.expires_in.total_seconds() if response.expires_in is not None else 0
    return Says(f"shown for {seconds:g} s")


DIALOGS = Group(
    name="dialogs",
    help="the dialogs of the user",
    commands=(
        Listing(
            name="list",
            help="list the dialogs, newest interaction first",
            example="chat3 dialogs list --filter '(unread_count,gt,0)' --last-message",
            arguments=(
                filtered("(unread_count,gt,0)"),
                sorted_by("(unread_count,desc)"),
                LAST_MESSAGE,
            ),
            method=UserServiceStub.get_user_dialogs,
            request=GetUserDialogsRequest,
            items=lambda response: response.dialogs,
            noun="dialog",
            of_user=True,
            columns=_COLUMNS,
        ),
        Call(
            name="get",
            help="show a dialog",
            example="chat3 dialogs get dlg_demoweekend000000000 --last-message",
            arguments=(DIALOG_ID, LAST_MESSAGE),
            method=UserServiceStub.get_dialog,
            request=GetDialogRequest,
            view=_shown,
        ),
        Call(
            name="create",
            help="create a dialog with other users",
            example="chat3 dialogs create bob carl --title 'Weekend plans'",
            arguments=(
                user_ids("member_ids", "the other members", nargs="*"),
                TITLE,
                *SET,
            ),
            method=UserServiceStub.create_dialog,
            request=CreateDialogRequest,
            view=_created,
        ),
        Call(
            name="direct",
            help="show the one dialog with another user; create it if there is none",
            example="chat3 dialogs direct bob",
            arguments=(USER_ID,),
            method=UserServiceStub.get_or_create_direct_dialog,
            request=GetOrCreateDirectDialogRequest,
            view=_direct,
        ),
        Call(
            name="set",
            help="set and remove keys of a dialog's custom data",
            example="chat3 dialogs set dlg_demoweekend000000000 --title Holidays --remove kind",
            arguments=(DIALOG_ID, TITLE, *SET, REMOVE),
            needs=META_CHANGES,
            method=UserServiceStub.update_dialog_meta,
            request=UpdateDialogMetaRequest,
            view=_changed,
        ),
        Call(
            name="leave",
            help="leave a dialog",
            example="chat3 dialogs leave dlg_demoweekend000000000",
            arguments=(DIALOG_ID,),
            method=UserServiceStub.leave_dialog,
            request=LeaveDialogRequest,
            view=lambda args, _: Says(f"left {args.dialog_id}"),
        ),
        Call(
            name="read",
            help="mark all messages of a dialog as read",
            example="chat3 dialogs read dlg_demoweekend000000000",
            arguments=(DIALOG_ID,),
            method=UserServiceStub.mark_dialog_read,
            request=MarkDialogReadRequest,
            view=_read,
        ),
        Call(
            name="typing",
            help="show the other members that the user types",
            example="chat3 typing dlg_demoweekend000000000",
            short="typing",
            arguments=(DIALOG_ID,),
            method=UserServiceStub.send_typing_indicator,
            request=SendTypingIndicatorRequest,
            view=_typing,
        ),
    ),
)
