"""`chat3 tenant packs`: all packs of the tenant, and the dialogs in them."""

from argparse import Namespace

from chat3_api.chat3.tenant.v1 import (
    AddPackDialogRequest,
    AddPackDialogResponse,
    CreatePackRequest,
    CreatePackResponse,
    DeletePackRequest,
    GetPackRequest,
    GetPackResponse,
    ListPackDialogsRequest,
    ListPackMessagesRequest,
    ListPacksRequest,
    Pack,
    PackDialog,
    RemovePackDialogRequest,
    RemovePackDialogResponse,
    TenantServiceStub,
    UpdatePackMetaRequest,
    UpdatePackMetaResponse,
)
from chat3_api.chat3.user.v1 import Message, PackStats
from chat3_cli.arguments import (
    DIALOG_ID,
    META_CHANGES,
    PACK_ID,
    REMOVE,
    SET,
    filtered,
    sorted_by,
)
from chat3_cli.command import Call, Group
from chat3_cli.groups.message_columns import MESSAGE, SENDER, TEXT, TIME
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.groups.tenant.pack_members import PACK_MEMBER_COMMANDS
from chat3_cli.listing import Listing
from chat3_cli.render import counted, meta_fields, meta_line
from chat3_cli.style import CYAN, DIM, date_and_clock, moment
from chat3_cli.table import Column
from chat3_cli.views import Record, Says

_PACK = "pck_demoteam000000000000"
_DIALOG = "dlg_demoweekend000000000"


def _stats(pack: Pack) -> PackStats:
    return pack.stats or PackStats()


def _record(title: str, pack: Pack | None) -> Record:
    shown = pack or Pack()
    stats = _stats(shown)
    return Record(
        title,
        [
            ("pack", shown.pack_id),
            ("dialogs", str(stats.dialog_count)),
            ("messages", str(stats.message_count)),
            ("members", f"{stats.unique_member_count} in {counted(stats.member_count, 'place')}"),
            ("topics", str(stats.topic_count)),
            ("created", moment(shown.create_time)),
            *meta_fields(shown.meta),
        ],
    )


def _shown(args: Namespace, response: GetPackResponse) -> Record:
    return _record(args.pack_id, response.pack)


def _created(_args: Namespace, response: CreatePackResponse) -> Record:
    return _record("created a pack", response.pack)


def _changed(args: Namespace, response: UpdatePackMetaResponse) -> Record:
    return _record(f"changed {args.pack_id}", response.pack)


def _added(args: Namespace, response: AddPackDialogResponse) -> Says:
    if not response.added:
        return Says(f"{args.dialog_id} is in {args.pack_id} already", changed=False)
    return Says(f"added {args.dialog_id} to {args.pack_id}")


def _removed(args: Namespace, response: RemovePackDialogResponse) -> Says:
    if not response.removed:
        return Says(f"{args.dialog_id} is not in {args.pack_id}", changed=False)
    return Says(f"removed {args.dialog_id} from {args.pack_id}")


TENANT_PACKS = Group(
    name="tenant packs",
    help="all packs of the tenant, and what is in them",
    commands=(
        Listing(
            name="list",
            help="list all packs, newest first",
            example="chat3 tenant packs list --filter '(meta.kind,eq,support)' --total",
            arguments=(filtered("(meta.kind,eq,support)"), sorted_by("(create_time,asc)")),
            identity=IDENTITY,
            method=TenantServiceStub.list_packs,
            request=ListPacksRequest,
            items=lambda response: response.packs,
            noun="pack",
            columns=(
                Column[Pack](
                    header="META", cell=lambda it: meta_line(it.meta), text=True, colour=CYAN
                ),
                Column[Pack](
                    header="DIALOGS", cell=lambda it: str(_stats(it).dialog_count), right=True
                ),
                Column[Pack](
                    header="MEMBERS",
                    cell=lambda it: str(_stats(it).unique_member_count),
                    right=True,
                ),
                Column[Pack](header="CREATED", cell=lambda it: date_and_clock(it.create_time)),
                Column[Pack](header="PACK", cell=lambda it: it.pack_id, colour=DIM),
            ),
        ),
        Call(
            name="get",
            help="show any pack of the tenant",
            example=f"chat3 tenant packs get {_PACK}",
            arguments=(PACK_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.get_pack,
            request=GetPackRequest,
            view=_shown,
        ),
        Call(
            name="create",
            help="create a pack without dialogs",
            example="chat3 tenant packs create --set kind=support",
            arguments=SET,
            identity=IDENTITY,
            method=TenantServiceStub.create_pack,
            request=CreatePackRequest,
            view=_created,
        ),
        Call(
            name="set",
            help="set and remove keys of a pack's custom data",
            example=f"chat3 tenant packs set {_PACK} --set-json open=false",
            arguments=(PACK_ID, *SET, REMOVE),
            needs=META_CHANGES,
            identity=IDENTITY,
            method=TenantServiceStub.update_pack_meta,
            request=UpdatePackMetaRequest,
            view=_changed,
        ),
        Call(
            name="delete",
            help="delete a pack; its dialogs stay",
            example=f"chat3 tenant packs delete {_PACK}",
            arguments=(PACK_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.delete_pack,
            request=DeletePackRequest,
            view=lambda args, _: Says(f"deleted {args.pack_id}"),
        ),
        Listing(
            name="dialogs",
            help="list the dialogs of a pack, the last added first",
            example=f"chat3 tenant packs dialogs {_PACK} --all",
            arguments=(PACK_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.list_pack_dialogs,
            request=ListPackDialogsRequest,
            items=lambda response: response.dialogs,
            noun="dialog",
            columns=(
                Column[PackDialog](header="DIALOG", cell=lambda it: it.dialog_id, colour=CYAN),
                Column[PackDialog](header="ADDED", cell=lambda it: date_and_clock(it.add_time)),
            ),
        ),
        Call(
            name="add",
            help="add a dialog to a pack",
            example=f"chat3 tenant packs add {_PACK} {_DIALOG}",
            arguments=(PACK_ID, DIALOG_ID),
            identity=IDENTITY,
            method=TenantServiceStub.add_pack_dialog,
            request=AddPackDialogRequest,
            view=_added,
        ),
        Call(
            name="remove",
            help="take a dialog out of a pack",
            example=f"chat3 tenant packs remove {_PACK} {_DIALOG}",
            arguments=(PACK_ID, DIALOG_ID),
            identity=IDENTITY,
            method=TenantServiceStub.remove_pack_dialog,
            request=RemovePackDialogRequest,
            view=_removed,
        ),
        Listing(
            name="messages",
            help="list the messages of all dialogs of a pack",
            example=f"chat3 tenant packs messages {_PACK} --page-size 50",
            arguments=(PACK_ID,),
            identity=IDENTITY,
            method=TenantServiceStub.list_pack_messages,
            request=ListPackMessagesRequest,
            items=lambda response: response.messages,
            noun="message",
            columns=(
                TIME,
                SENDER,
                Column[Message](header="DIALOG", cell=lambda it: it.dialog_id, colour=DIM),
                MESSAGE,
                TEXT,
            ),
        ),
        *PACK_MEMBER_COMMANDS,
    ),
)
