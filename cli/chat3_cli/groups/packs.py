"""`chat3 packs`: groups of dialogs, made by the tenant's back end."""

from argparse import Namespace

from chat3_api.chat3.user.v1 import (
    GetPackRequest,
    GetPackResponse,
    ListPackMessagesRequest,
    ListPacksRequest,
    MarkPackReadRequest,
    Message,
    Pack,
    PackMembership,
    PackStats,
    UserServiceStub,
)
from chat3_cli.arguments import PACK_ID, filtered, sorted_by
from chat3_cli.command import Call, Group
from chat3_cli.groups.message_columns import MESSAGE, SENDER, TEXT, TIME
from chat3_cli.listing import Listing
from chat3_cli.render import by_sender_type, counted, last_message, meta_fields, meta_line
from chat3_cli.style import CYAN, DIM, YELLOW, date_and_clock, moment
from chat3_cli.table import Column
from chat3_cli.views import Record, Says


def _unread(pack: Pack) -> str:
    return str(pack.membership.unread_count if pack.membership is not None else 0)


def _shown(args: Namespace, response: GetPackResponse) -> Record:
    pack = response.pack or Pack()
    mine, stats = pack.membership or PackMembership(), pack.stats or PackStats()
    unread = by_sender_type(mine.unread_count, mine.unread_by_sender_type)
    return Record(
        pack.pack_id or args.pack_id,
        [
            ("unread", unread),
            ("dialogs", str(stats.dialog_count)),
            ("messages", str(stats.message_count)),
            ("members", f"{stats.unique_member_count} in {counted(stats.member_count, 'place')}"),
            ("topics", str(stats.topic_count)),
            ("last activity", moment(pack.last_activity_time)),
            ("created", moment(pack.create_time)),
            ("last message", last_message(pack.last_message)),
            *meta_fields(pack.meta),
        ],
    )


PACKS = Group(
    name="packs",
    help="groups of dialogs, made by the tenant's back end",
    commands=(
        Listing(
            name="list",
            help="list the packs that hold a dialog of the user",
            example="chat3 packs list --filter '(unread_count,gt,0)'",
            arguments=(filtered("(unread_count,gt,0)"), sorted_by("(unread_count,desc)")),
            method=UserServiceStub.list_packs,
            request=ListPacksRequest,
            items=lambda response: response.packs,
            noun="pack",
            of_user=True,
            columns=(
                Column[Pack](
                    header="META", cell=lambda it: meta_line(it.meta), text=True, colour=CYAN
                ),
                Column[Pack](header="UNREAD", cell=_unread, right=True, colour=YELLOW),
                Column[Pack](header="LAST", cell=lambda it: date_and_clock(it.last_activity_time)),
                Column[Pack](header="PACK", cell=lambda it: it.pack_id, colour=DIM),
                Column[Pack](
                    header="LAST MESSAGE",
                    cell=lambda it: last_message(it.last_message) or "-",
                    text=True,
                    most_lines=1,
                ),
            ),
        ),
        Call(
            name="get",
            help="show a pack with its counters",
            example="chat3 packs get pck_demoteam000000000000",
            arguments=(PACK_ID,),
            method=UserServiceStub.get_pack,
            request=GetPackRequest,
            view=_shown,
        ),
        Listing(
            name="messages",
            help="list the messages of a pack's dialogs, newest first",
            example="chat3 packs messages pck_demoteam000000000000 --page-size 50",
            arguments=(PACK_ID,),
            method=UserServiceStub.list_pack_messages,
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
        Call(
            name="read",
            help="mark the messages of a pack's dialogs as read",
            example="chat3 packs read pck_demoteam000000000000",
            arguments=(PACK_ID,),
            method=UserServiceStub.mark_pack_read,
            request=MarkPackReadRequest,
            view=lambda args, response: Says(
                f"{counted(response.dialog_count, 'dialog')} of {args.pack_id} marked as read"
            ),
        ),
    ),
)
