"""`chat3 messages`: the messages of a dialog, one by one and in lists."""

from chat3_api.chat3.user.v1 import (
    DeleteMessageRequest,
    EditMessageRequest,
    GetDialogMessagesRequest,
    GetMessageRequest,
    ListMessageStatusesRequest,
    ListMessageVersionsRequest,
    MessageStatus,
    MessageStatusRecord,
    MessageVersion,
    ReactionAction,
    RestoreMessageRequest,
    SendMessageRequest,
    SetMessageReactionRequest,
    SetMessageStatusRequest,
    SetMessageTopicRequest,
    UserServiceStub,
)
from chat3_cli import render_messages, values
from chat3_cli.arguments import DIALOG_ID, MESSAGE_ID, OneOf, argument, filtered, sorted_by
from chat3_cli.command import Call, Group
from chat3_cli.groups.message_columns import MESSAGE, SENDER, TEXT, TIME
from chat3_cli.listing import Listing
from chat3_cli.render import status_name
from chat3_cli.style import CYAN, DIM, date_and_clock
from chat3_cli.table import Column

_EXAMPLE = "dlg_aaaaaaaaaaaaaaaaaaaa msg_aaaaaaaaaaaaaaaaaaaa"
_STATUSES = {
    "read": MessageStatus.READ,
    "delivered": MessageStatus.DELIVERED,
    "unread": MessageStatus.UNREAD,
}
_OLDEST_FIRST = argument(
    "--oldest-first",
    action="store_const",
    dest="sort",
    const="(create_time,asc)",
    help="from the beginning of the history",
)
_AROUND = argument(
    "--around",
    dest="around_message_id",
    metavar="MESSAGE_ID",
    help="the page that has this message in its middle",
)
_CONTENT = argument("content", metavar="TEXT")

_READING = (
    Listing(
        name="list",
        help="list a dialog's messages, newest first",
        example="chat3 messages list dlg_aaaaaaaaaaaaaaaaaaaa --oldest-first --all",
        arguments=(
            DIALOG_ID,
            filtered("(sender_id,eq,bob)"),
            OneOf((sorted_by("(create_time,asc)"), _OLDEST_FIRST)),
            _AROUND,
        ),
        method=UserServiceStub.get_dialog_messages,
        request=GetDialogMessagesRequest,
        items=lambda response: response.messages,
        noun="message",
        columns=(TIME, SENDER, MESSAGE, TEXT),
    ),
    Call(
        name="get",
        help="show a message, whole",
        example=f"chat3 messages get {_EXAMPLE}",
        arguments=(DIALOG_ID, MESSAGE_ID),
        method=UserServiceStub.get_message,
        request=GetMessageRequest,
        view=render_messages.shown,
    ),
    Listing(
        name="versions",
        help="list the earlier texts of a message, newest first",
        example=f"chat3 messages versions {_EXAMPLE}",
        arguments=(DIALOG_ID, MESSAGE_ID),
        method=UserServiceStub.list_message_versions,
        request=ListMessageVersionsRequest,
        items=lambda response: response.versions,
        noun="earlier text",
        columns=(
            Column[MessageVersion](header="VERSION", cell=lambda it: str(it.version), right=True),
            Column[MessageVersion](header="EDITED", cell=lambda it: date_and_clock(it.edit_time)),
            Column[MessageVersion](header="BY", cell=lambda it: it.edited_by or "-", colour=CYAN),
            Column[MessageVersion](
                header="TEXT BEFORE THE EDIT", cell=lambda it: it.content, text=True
            ),
        ),
    ),
    Listing(
        name="statuses",
        help="list who gave a message which status, newest first",
        example=f"chat3 messages statuses {_EXAMPLE} --all",
        arguments=(DIALOG_ID, MESSAGE_ID),
        method=UserServiceStub.list_message_statuses,
        request=ListMessageStatusesRequest,
        items=lambda response: response.statuses,
        noun="change",
        columns=(
            Column[MessageStatusRecord](header="USER", cell=lambda it: it.user_id, colour=CYAN),
            Column[MessageStatusRecord](
                header="STATUS", cell=lambda it: status_name(it.status, it.status_name)
            ),
            Column[MessageStatusRecord](
                header="TIME", cell=lambda it: date_and_clock(it.create_time), colour=DIM
            ),
            Column[MessageStatusRecord](header="TYPE", cell=lambda it: it.user_type or "-"),
        ),
    ),
)

_WRITING = (
    Call(
        name="send",
        help="write a message",
        example="chat3 send dlg_aaaaaaaaaaaaaaaaaaaa 'Hello' --meta '{\"important\": true}'",
        short="send",
        arguments=(
            DIALOG_ID,
            _CONTENT,
            argument("--type", default="", help="message type; default internal.text"),
            argument(
                "--meta", type=values.json_object, metavar="JSON", help="open data: a JSON object"
            ),
            argument(
                "--quote",
                dest="quoted_message_id",
                metavar="MESSAGE_ID",
                help="a message of the dialog to quote",
            ),
            argument(
                "--topic",
                dest="topic_id",
                metavar="TOPIC_ID",
                help="a topic of the dialog to write into",
            ),
        ),
        method=UserServiceStub.send_message,
        request=SendMessageRequest,
        view=render_messages.sent,
    ),
    Call(
        name="edit",
        help="replace the text of an own message",
        example=f"chat3 messages edit {_EXAMPLE} 'Hello, all'",
        arguments=(DIALOG_ID, MESSAGE_ID, _CONTENT),
        method=UserServiceStub.edit_message,
        request=EditMessageRequest,
        view=render_messages.edited,
    ),
    Call(
        name="delete",
        help="delete an own message",
        example=f"chat3 messages delete {_EXAMPLE}",
        arguments=(DIALOG_ID, MESSAGE_ID),
        method=UserServiceStub.delete_message,
        request=DeleteMessageRequest,
        view=render_messages.deleted,
    ),
    Call(
        name="restore",
        help="take back the deletion of an own message",
        example=f"chat3 messages restore {_EXAMPLE}",
        arguments=(DIALOG_ID, MESSAGE_ID),
        method=UserServiceStub.restore_message,
        request=RestoreMessageRequest,
        view=render_messages.restored,
    ),
    Call(
        name="status",
        help="give a message a status",
        example=f"chat3 status {_EXAMPLE} read",
        short="status",
        arguments=(
            DIALOG_ID,
            MESSAGE_ID,
            argument("status", type=values.named(_STATUSES), metavar="read|delivered|unread"),
        ),
        method=UserServiceStub.set_message_status,
        request=SetMessageStatusRequest,
        view=render_messages.status_set,
    ),
    Call(
        name="react",
        help="give a reaction to a message, or take it back",
        example=f"chat3 react {_EXAMPLE} 👍",
        short="react",
        arguments=(
            DIALOG_ID,
            MESSAGE_ID,
            argument("reaction", metavar="REACTION", help="commonly one emoji"),
            argument(
                "--unset",
                action="store_const",
                dest="action",
                const=ReactionAction.UNSET,
                default=ReactionAction.SET,
                help="take the reaction back",
            ),
        ),
        method=UserServiceStub.set_message_reaction,
        request=SetMessageReactionRequest,
        view=render_messages.reacted,
    ),
    Call(
        name="topic",
        help="move a message into a topic, or out of its topic",
        example=f"chat3 messages topic {_EXAMPLE} topic_aaaaaaaaaaaaaaaaaaaa",
        arguments=(
            DIALOG_ID,
            MESSAGE_ID,
            argument(
                "topic_id",
                type=values.id_or_none,
                metavar="TOPIC_ID|none",
                help="a topic of the dialog; none takes the message out of its topic",
            ),
        ),
        method=UserServiceStub.set_message_topic,
        request=SetMessageTopicRequest,
        view=render_messages.moved,
    ),
)

MESSAGES = Group(name="messages", help="the messages of a dialog", commands=(*_READING, *_WRITING))
