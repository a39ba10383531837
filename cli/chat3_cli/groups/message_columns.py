"""The columns in which messages are listed."""

from chat3_api.chat3.user.v1 import Message, MessageStatusRecord, MessageVersion
from chat3_cli.render import message_text, status_name, user_name
from chat3_cli.style import CYAN, DIM, date_and_clock
from chat3_cli.table import Column


def _sender(message: Message) -> str:
    return user_name(message.sender_id, message.sender) + (" (you)" if message.mine else "")


TIME = Column[Message](header="TIME", cell=lambda it: date_and_clock(it.create_time), colour=DIM)
SENDER = Column[Message](header="SENDER", cell=_sender, colour=CYAN)
DIALOG = Column[Message](header="DIALOG", cell=lambda it: it.dialog_id, colour=DIM)
MESSAGE = Column[Message](header="MESSAGE", cell=lambda it: it.message_id, colour=DIM)
TEXT = Column[Message](header="TEXT", cell=message_text, text=True)

VERSION_COLUMNS = (
    Column[MessageVersion](header="VERSION", cell=lambda it: str(it.version), right=True),
    Column[MessageVersion](header="EDITED", cell=lambda it: date_and_clock(it.edit_time)),
    Column[MessageVersion](header="BY", cell=lambda it: it.edited_by or "-", colour=CYAN),
    Column[MessageVersion](header="TEXT BEFORE THE EDIT", cell=lambda it: it.content, text=True),
)

STATUS_COLUMNS = (
    Column[MessageStatusRecord](header="USER", cell=lambda it: it.user_id, colour=CYAN),
    Column[MessageStatusRecord](
        header="STATUS", cell=lambda it: status_name(it.status, it.status_name)
    ),
    Column[MessageStatusRecord](
        header="TIME", cell=lambda it: date_and_clock(it.create_time), colour=DIM
    ),
    Column[MessageStatusRecord](header="TYPE", cell=lambda it: it.user_type or "-"),
)
