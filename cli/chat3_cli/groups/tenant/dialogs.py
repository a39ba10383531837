"""`chat3 tenant dialogs`: all dialogs of the tenant."""

from argparse import Namespace

from chat3_api.chat3.tenant.v1 import (
    CreateDialogRequest,
    CreateDialogResponse,
    DeleteDialogRequest,
    Dialog,
    FindDialogByMetaRequest,
    FindDialogByMetaResponse,
    GetDialogRequest,
    GetDialogResponse,
    ListDialogsRequest,
    TenantServiceStub,
    UpdateDialogMetaRequest,
    UpdateDialogMetaResponse,
)
from chat3_cli.arguments import (
    DIALOG_ID,
    META_CHANGES,
    REMOVE,
    SET,
    TITLE,
    argument,
    filtered,
    sorted_by,
    user_ids,
)
from chat3_cli.command import Call, Group
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.listing import Listing
from chat3_cli.render import counted, meta_fields
from chat3_cli.style import CYAN, DIM, date_and_clock, moment
from chat3_cli.table import Column
from chat3_cli.views import Record, Says, View


def _record(title: str, dialog: Dialog | None) -> Record:
    shown = dialog or Dialog()
    return Record(
        title,
        [
            ("dialog", shown.dialog_id),
            ("members", str(shown.member_count)),
            ("messages", str(shown.message_count)),
            ("topics", str(shown.topic_count)),
            ("created", moment(shown.create_time)),
            *meta_fields(shown.meta),
        ],
    )


def _name(dialog: Dialog | None, otherwise: str) -> str:
    return (dialog.title or dialog.dialog_id if dialog is not None else "") or otherwise


def _shown(args: Namespace, response: GetDialogResponse) -> Record:
    return _record(_name(response.dialog, args.dialog_id), response.dialog)


def _found(args: Namespace, response: FindDialogByMetaResponse) -> View:
    if response.dialog is None:
        return Says(f"no dialog has {args.value} under {args.meta_key}", changed=False)
    return _record(_name(response.dialog, args.value), response.dialog)


def _created(_args: Namespace, response: CreateDialogResponse) -> Record:
    dialog = response.dialog or Dialog()
    members = counted(dialog.member_count, "member")
    return _record(f"created {_name(dialog, 'the dialog')} with {members}", dialog)


def _changed(args: Namespace, response: UpdateDialogMetaResponse) -> Record:
    return _record(f"changed {args.dialog_id}", response.dialog)


TENANT_DIALOGS = Group(
    name="tenant dialogs",
    help="all dialogs of the tenant",
    commands=(
        Listing(
            name="list",
            help="list all dialogs, newest first",
            example="chat3 tenant dialogs list --filter '(member,eq,bob)' --total",
            arguments=(filtered("(meta.kind,eq,support)"), sorted_by("(create_time,asc)")),
            identity=IDENTITY,
            method=TenantServiceStub.list_dialogs,
            request=ListDialogsRequest,
            items=lambda response: response.dialogs,
            noun="dialog",
            columns=(
                Column[Dialog](
                    header="TITLE", cell=lambda it: it.title or "-", text=True, colour=CYAN
                ),
                Column[Dialog](header="MEMBERS", cell=lambda it: str(it.member_count), right=True),
                Column[Dialog](
                    header="MESSAGES", cell=lambda it: str(it.message_count), right=True
                ),
                Column[Dialog](header="CREATED", cell=lambda it: date_and_clock(it.create_time)),
                Column[Dialog](header="DIALOG", cell=lambda it: it.dialog_id, colour=DIM),
            ),
        ),
        Call(
            name="get",
            help="show any dialog of the tenant",
            example="chat3 tenant dialogs get dlg_demoweekend000000000",
            arguments=(DIALOG_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.get_dialog,
            request=GetDialogRequest,
            view=_shown,
        ),
        Call(
            name="find",
            help="show the oldest dialog with a text in its custom data",
            example="chat3 tenant dialogs find order 4711",
            arguments=(
                argument("meta_key", metavar="KEY", help="the key of the custom data"),
                argument("value", metavar="TEXT", help="the text under it"),
            ),
            identity=IDENTITY,
            method=TenantServiceStub.find_dialog_by_meta,
            request=FindDialogByMetaRequest,
            view=_found,
        ),
        Call(
            name="create",
            help="create a dialog with these members",
            example="chat3 tenant dialogs create alice bob --title Support",
            arguments=(
                user_ids("member_ids", "the members", nargs="*"),
                TITLE,
                *SET,
            ),
            identity=IDENTITY,
            method=TenantServiceStub.create_dialog,
            request=CreateDialogRequest,
            view=_created,
        ),
        Call(
            name="set",
            help="set and remove keys of any dialog's custom data",
            example="chat3 tenant dialogs set dlg_demoweekend000000000 --set-json open=false",
            arguments=(DIALOG_ID, TITLE, *SET, REMOVE),
            needs=META_CHANGES,
            identity=IDENTITY,
            method=TenantServiceStub.update_dialog_meta,
            request=UpdateDialogMetaRequest,
            view=_changed,
        ),
        Call(
            name="delete",
            help="delete a dialog; its members are not told",
            example="chat3 tenant dialogs delete dlg_demoweekend000000000",
            arguments=(DIALOG_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.delete_dialog,
            request=DeleteDialogRequest,
            view=lambda args, _: Says(f"deleted {args.dialog_id}"),
        ),
    ),
)
