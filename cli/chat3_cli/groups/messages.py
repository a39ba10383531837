"""`chat3 messages`: the messages of a dialog, one by one and in lists."""

from chat3_api.chat3.user.v1 import (
    DeleteMessageRequest,
    EditMessageRequest,
    GetDialogMessagesRequest,
    GetMessageRequest,
    ListMessageStatusesRequest,
    ListMessageVersionsRequest,
    RestoreMessageRequest,
    SendMessageRequest,
    SetMessageReactionRequest,
    SetMessageStatusRequest,
    SetMessageTopicRequest,
    UserServiceStub,
)
from chat3_cli import render_messages
from chat3_cli.arguments import DIALOG_ID, MESSAGE_ID, OneOf, filtered, sorted_by
from chat3_cli.command import Call, Group
from chat3_cli.groups.message_arguments import (
    AROUND,
    CONTENT,
    MORE_TO_SEND,
    NEW_TOPIC,
    OLDEST_FIRST,
    REACTION,
    STATUS,
)
from chat3_cli.groups.message_columns import (
    MESSAGE,
    SENDER,
    STATUS_COLUMNS,
    TEXT,
    TIME,
    VERSION_COLUMNS,
)
from chat3_cli.listing import Listing

_EXAMPLE = "dlg_demoweekend000000000 msg_demo0000000000000007"
_READING = (
    Listing(
        name="list",
        help="list a dialog's messages, newest first",
        example="chat3 messages list dlg_demoweekend000000000 --oldest-first --all",
        arguments=(
            DIALOG_ID,
            filtered("(sender_id,eq,bob)"),
            OneOf((sorted_by("(create_time,asc)"), OLDEST_FIRST)),
            AROUND,
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
        columns=VERSION_COLUMNS,
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
        columns=STATUS_COLUMNS,
    ),
)

_WRITING = (
    Call(
        name="send",
        help="write a message",
        example="chat3 send dlg_demoweekend000000000 'Hello' --meta '{\"important\": true}'",
        short="send",
        arguments=(
            DIALOG_ID,
            CONTENT,
            *MORE_TO_SEND,
        ),
        method=UserServiceStub.send_message,
        request=SendMessageRequest,
        view=render_messages.sent,
    ),
    Call(
        name="edit",
        help="replace the text of an own message",
        example=f"chat3 messages edit {_EXAMPLE} 'Hello, all'",
        arguments=(DIALOG_ID, MESSAGE_ID, CONTENT),
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
            STATUS,
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
            *REACTION,
        ),
        method=UserServiceStub.set_message_reaction,
        request=SetMessageReactionRequest,
        view=render_messages.reacted,
    ),
    Call(
        name="topic",
        help="move a message into a topic, or out of its topic",
        example=f"chat3 messages topic {_EXAMPLE} topic_demowalk000000000000",
        arguments=(
            DIALOG_ID,
            MESSAGE_ID,
            NEW_TOPIC,
        ),
        method=UserServiceStub.set_message_topic,
        request=SetMessageTopicRequest,
        view=render_messages.moved,
    ),
)

MESSAGES = Group(name="messages", help="the messages of a dialog", commands=(*_READING, *_WRITING))
