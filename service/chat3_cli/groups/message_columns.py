"""The columns in which messages are listed."""

from chat3_api.chat3.user.v1 import Message
from chat3_cli.render import message_text, user_name
from chat3_cli.style import CYAN, DIM, date_and_clock
from chat3_cli.table import Column


def _sender(message: Message) -> str:
    return user_name(message.sender_id, message.sender) + (" (you)" if message.mine else "")


TIME = Column[Message](header="TIME", cell=lambda it: date_and_clock(it.create_time), colour=DIM)
SENDER = Column[Message](header="SENDER", cell=_sender, colour=CYAN)
MESSAGE = Column[Message](header="MESSAGE", cell=lambda it: it.message_id, colour=DIM)
TEXT = Column[Message](header="TEXT", cell=message_text, text=True)
