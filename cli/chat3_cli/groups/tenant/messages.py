"""`chat3 tenant messages`: all messages of the tenant, and messages in users' names."""

from chat3_api.chat3.tenant.v1 import (
    DeleteMessageRequest,
    EditMessageRequest,
    GetMessageRequest,
    ListMessagesRequest,
    ListMessageStatusesRequest,
    ListMessageVersionsRequest,
    RestoreMessageRequest,
    SearchMessagesRequest,
    SendMessageRequest,
    SetMessageReactionRequest,
    SetMessageStatusRequest,
    SetMessageTopicRequest,
    TenantServiceStub,
)
from chat3_cli import render_messages
from chat3_cli.arguments import (
    DIALOG_ID,
    MESSAGE_ID,
    USER_ID,
    Argument,
    OneOf,
    argument,
    filtered,
    sorted_by,
)
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
    DIALOG,
    MESSAGE,
    SENDER,
    STATUS_COLUMNS,
    TEXT,
    TIME,
    VERSION_COLUMNS,
)
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.listing import Listing

_EXAMPLE = "msg_demo0000000000000007"
_ORDER = OneOf((sorted_by("(create_time,asc)"), OLDEST_FIRST))
_SENDER = argument("sender_id", metavar="USER_ID", help="in whose name; must exist")


def _by(dest: str) -> Argument:
    """Return the option that names a moderator."""
    return argument("--by", default="", dest=dest, metavar="NAME", help="the moderator's name")


_READING = (
    Listing(
        name="list",
        help="list any dialog's messages, newest first",
        example="chat3 tenant messages list dlg_demoweekend000000000 --all",
        arguments=(DIALOG_ID, filtered("(sender_id,eq,bob)"), _ORDER, AROUND),
        identity=IDENTITY,
        method=TenantServiceStub.list_messages,
        request=ListMessagesRequest,
        items=lambda response: response.messages,
        noun="message",
        columns=(TIME, SENDER, MESSAGE, TEXT),
    ),
    Listing(
        name="search",
        help="list the messages of all dialogs, newest first",
        example="chat3 tenant messages search --filter '(content,regex,invoice)'",
        arguments=(filtered("(content,regex,invoice)"), _ORDER),
        identity=IDENTITY,
        method=TenantServiceStub.search_messages,
        request=SearchMessagesRequest,
        items=lambda response: response.messages,
        noun="message",
        columns=(TIME, SENDER, DIALOG, MESSAGE, TEXT),
    ),
    Call(
        name="get",
        help="show any message, whole",
        example=f"chat3 tenant messages get {_EXAMPLE}",
        arguments=(MESSAGE_ID,),
        identity=IDENTITY,
        method=TenantServiceStub.get_message,
        request=GetMessageRequest,
        view=render_messages.shown,
    ),
    Listing(
        name="versions",
        help="list the earlier texts of any message, newest first",
        example=f"chat3 tenant messages versions {_EXAMPLE}",
        arguments=(MESSAGE_ID,),
        identity=IDENTITY,
        method=TenantServiceStub.list_message_versions,
        request=ListMessageVersionsRequest,
        items=lambda response: response.versions,
        noun="earlier text",
        columns=VERSION_COLUMNS,
    ),
    Listing(
        name="statuses",
        help="list who gave any message which status, newest first",
        example=f"chat3 tenant messages statuses {_EXAMPLE} --all",
        arguments=(MESSAGE_ID,),
        identity=IDENTITY,
        method=TenantServiceStub.list_message_statuses,
        request=ListMessageStatusesRequest,
        items=lambda response: response.statuses,
        noun="change",
        columns=STATUS_COLUMNS,
    ),
)

_WRITING = (
    Call(
        name="send",
        help="send a message in a user's name",
        example="chat3 tenant messages send dlg_demoweekend000000000 bob 'Hello'",
        arguments=(DIALOG_ID, _SENDER, CONTENT, *MORE_TO_SEND),
        identity=IDENTITY,
        method=TenantServiceStub.send_message,
        request=SendMessageRequest,
        view=render_messages.sent,
    ),
    Call(
        name="edit",
        help="replace the text of any message",
        example=f"chat3 tenant messages edit {_EXAMPLE} '[removed]' --by moderator",
        arguments=(MESSAGE_ID, CONTENT, _by("edited_by")),
        identity=IDENTITY,
        method=TenantServiceStub.edit_message,
        request=EditMessageRequest,
        view=render_messages.edited,
    ),
    Call(
        name="delete",
        help="delete any message",
        example=f"chat3 tenant messages delete {_EXAMPLE} --by moderator",
        arguments=(MESSAGE_ID, _by("deleted_by")),
        identity=IDENTITY,
        method=TenantServiceStub.delete_message,
        request=DeleteMessageRequest,
        view=render_messages.deleted,
    ),
    Call(
        name="restore",
        help="take back the deletion of any message",
        example=f"chat3 tenant messages restore {_EXAMPLE}",
        arguments=(MESSAGE_ID,),
        identity=IDENTITY,
        method=TenantServiceStub.restore_message,
        request=RestoreMessageRequest,
        view=render_messages.restored,
    ),
    Call(
        name="topic",
        help="move any message into a topic, or out of its topic",
        example=f"chat3 tenant messages topic {_EXAMPLE} topic_demowalk000000000000",
        arguments=(MESSAGE_ID, NEW_TOPIC),
        identity=IDENTITY,
        method=TenantServiceStub.set_message_topic,
        request=SetMessageTopicRequest,
        view=render_messages.moved,
    ),
    Call(
        name="status",
        help="set a status of any message in a member's name",
        example=f"chat3 tenant messages status {_EXAMPLE} bob read",
        arguments=(MESSAGE_ID, USER_ID, STATUS),
        identity=IDENTITY,
        method=TenantServiceStub.set_message_status,
        request=SetMessageStatusRequest,
        view=render_messages.status_set,
    ),
    Call(
        name="react",
        help="give a reaction in a member's name, or take it back",
        example=f"chat3 tenant messages react {_EXAMPLE} bob 👍",
        arguments=(MESSAGE_ID, USER_ID, *REACTION),
        identity=IDENTITY,
        method=TenantServiceStub.set_message_reaction,
        request=SetMessageReactionRequest,
        view=render_messages.reacted,
    ),
)

TENANT_MESSAGES = Group(
    name="tenant messages",
    help="all messages of the tenant",
    commands=(*_READING, *_WRITING),
)
