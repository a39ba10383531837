"""What the users of a scenario do: one call of the library or a few."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from chat3_api.chat3.user.v1 import Message, MessageStatus, ReactionAction
from chat3_client import Chat3Client
from player.names import Id, Names
from player.shown import message_shown
from player.user import CALL_TIMEOUT

Step = Mapping[str, Any]


class Deeds:
    """Makes calls, and binds the ids of what is made to names."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def call(self, step: Step, chat: Chat3Client) -> dict[str, Any]:
        """Make the calls of a step; return its result."""
        dialog, message = (
            self._names.id_of(step.get("dialog", "")),
            self._names.id_of(step.get("message", "")),
        )
        inside: dict[str, Any] = {"dialog_id": dialog, "timeout": CALL_TIMEOUT}
        there = {**inside, "message_id": message}
        made: Any = None
        match step["do"]:
            case "create_dialog":
                made = await chat.create_dialog(
                    member_ids=step["members"], meta=step["meta"], timeout=CALL_TIMEOUT
                )
            case "direct_dialog":
                made = await chat.get_or_create_direct_dialog(step["user"], timeout=CALL_TIMEOUT)
            case "send":
                sent = await self.send(step, chat, step["text"], step.get("as"))
                return {"message": Id(sent.message_id), "shown": message_shown(sent, self._names)}
            case "list_dialogs":
                pages = chat.dialogs(page_size=step["page_size"], timeout=CALL_TIMEOUT)
                ids = dict.fromkeys([Id(each.dialog_id) async for each in pages])
                return {"dialogs": list(ids)}
            case "history":
                history = chat.history(**inside, page_size=step["page_size"])
                read = [each async for each in history]
                return {
                    "messages": [
                        [Id(each.message_id), message_shown(each, self._names)] for each in read
                    ]
                }
            case "members":
                members = [each.user_id async for each in chat.dialog_members(**inside)]
                return {"members": sorted(members)}
            case deed:
                await _DEEDS[deed](chat, step, there if message else inside)
        if made is not None:
            self._names.bind(step["as"], made.dialog.dialog_id)
            return {"dialog": Id(made.dialog.dialog_id)}
        return {}

    async def send(self, step: Step, chat: Chat3Client, text: str, name: str | None) -> Message:
        """Send a text as a step says; bind the message to a name."""
        answer = await chat.send_message(
            self._names.id_of(step["dialog"]),
            text,
            meta=step.get("meta"),
            quoted_message_id=self._names.id_of(step["quote"]) if "quote" in step else None,
            idempotency_key=step.get("key"),
            timeout=CALL_TIMEOUT,
        )
        assert answer.message is not None  # noqa: S101 - the contract says so
        self._names.bind(name, answer.message.message_id)
        return answer.message


_DEEDS: Final[Mapping[str, Callable[[Chat3Client, Step, dict[str, Any]], Awaitable[Any]]]] = {
    "edit": lambda chat, step, at: chat.edit_message(**at, content=step["text"]),
    "delete": lambda chat, _, at: chat.delete_message(**at),
    "restore": lambda chat, _, at: chat.restore_message(**at),
    "react": lambda chat, step, at: chat.set_message_reaction(
        **at, reaction=step["reaction"], action=ReactionAction.SET
    ),
    "unreact": lambda chat, step, at: chat.set_message_reaction(
        **at, reaction=step["reaction"], action=ReactionAction.UNSET
    ),
    "set_status": lambda chat, step, at: chat.set_message_status(
        **at, status=MessageStatus[step["status"].upper()]
    ),
    "mark_read": lambda chat, _, at: chat.mark_dialog_read(**at),
    "typing": lambda chat, _, at: chat.send_typing_indicator(**at),
    "add_members": lambda chat, step, at: chat.add_dialog_members(**at, user_ids=step["users"]),
    "remove_member": lambda chat, step, at: chat.remove_dialog_member(**at, user_id=step["user"]),
    "leave": lambda chat, _, at: chat.leave_dialog(**at),
    "set_meta": lambda chat, step, at: chat.update_dialog_meta(**at, meta=step["meta"]),
}
