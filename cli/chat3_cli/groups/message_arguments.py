"""The arguments of commands about messages, whoever acts."""

from chat3_api.chat3.user.v1 import MessageStatus, ReactionAction
from chat3_cli import values
from chat3_cli.arguments import argument
from chat3_cli.standard_input import or_input

_STATUSES = {
    "read": MessageStatus.READ,
    "delivered": MessageStatus.DELIVERED,
    "unread": MessageStatus.UNREAD,
}

OLDEST_FIRST = argument(
    "--oldest-first",
    action="store_const",
    dest="sort",
    const="(create_time,asc)",
    help="from the beginning of the history",
)
AROUND = argument(
    "--around",
    dest="around_message_id",
    metavar="MESSAGE_ID",
    help="the page that has this message in its middle",
)
CONTENT = argument(
    "content",
    type=or_input(values.text),
    metavar="TEXT",
    help="the text; - takes it from standard input",
)
MORE_TO_SEND = (
    argument("--type", default="", help="message type; default internal.text"),
    argument(
        "--meta",
        type=or_input(values.json_object),
        metavar="JSON",
        help="custom data: a JSON object; - takes it from standard input",
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
)
STATUS = argument("status", type=values.Named(_STATUSES), metavar="read|delivered|unread")
REACTION = (
    argument("reaction", metavar="REACTION", help="commonly one emoji"),
    argument(
        "--unset",
        action="store_const",
        dest="action",
        const=ReactionAction.UNSET,
        default=ReactionAction.SET,
        help="take the reaction back",
    ),
)
NEW_TOPIC = argument(
    "topic_id",
    type=values.id_or_none,
    metavar="TOPIC_ID|none",
    help="a topic of the dialog; none takes the message out of its topic",
)
