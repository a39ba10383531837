"""Plays a scenario with the Python client: `player.py SCENARIO.json OUTCOME.json`.

`tests/scenario/README.md` says what a scenario and an outcome are.
"""
# ruff: noqa: T201, D102 - a program that prints, and is no package

import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import betterproto2

from chat3_api.chat3.user.v1 import (
    Dialog,
    MemberAdded,
    MemberChanged,
    MemberRemoved,
    Message,
    MessageStatus,
    ReactionAction,
    Update,
)
from chat3_client import (
    Chat3Client,
    Chat3Error,
    Connected,
    FileStore,
    Gap,
    InvalidRequestError,
    LiveStore,
    data,
)

PATIENCE: Final = 60.0
LOOK_AGAIN: Final = 0.1
CALL_TIMEOUT: Final = 120.0

Step = Mapping[str, Any]


class Id(str):
    """An id in an outcome, to be replaced by its name at the end."""

    __slots__ = ()


class Names:
    """Which name stands for which id; what has no name is called by its title or text."""

    def __init__(self) -> None:
        self.bound: dict[str, str] = {}
        self._first: dict[str, str] = {}
        self._labels: dict[str, str] = {}

    def bind(self, name: str | None, value: str) -> None:
        if name is not None:
            self.bound[name] = value
            self._first.setdefault(value, name)

    def label(self, value: str, text: str) -> None:
        self._labels[value] = text

    def of(self, value: Any) -> Any:
        """Return a value with names in place of ids."""
        match value:
            case Id():
                return self._first.get(value) or f"?{self._labels.get(value, '')}"
            case dict():
                return {self.of(key): self.of(each) for key, each in value.items()}
            case list():
                return [self.of(each) for each in value]
            case _:
                return value


class Record:
    """What the streams of one user handed over, over all of the user's clients."""

    def __init__(self) -> None:
        self.starts: list[str] = []
        self.updates: list[list[str]] = []
        self.gaps: list[str] = []
        self.duplicates = self.reconnects = 0
        self._seen: set[str] = set()

    def take(self, event: object) -> None:
        match event:
            case Connected(first=True):
                self.starts.append(event.outcome.name or "")
            case Connected():
                self.reconnects += 1
            case Gap():
                self.gaps.append(event.reason.removeprefix("GAP_REASON_"))
                self.updates.append(["GAP", "", ""])
            case Update() if event.typing is None:
                self.duplicates += event.update_id in self._seen
                self._seen.add(event.update_id)
                about = Id(event.message_id) if event.message_id else ""
                _, payload = betterproto2.which_one_of(event, "payload")
                member = getattr(payload, "member", None)
                if isinstance(payload, MemberAdded | MemberRemoved | MemberChanged) and member:
                    about = member.user_id
                dialog = Id(event.dialog_id) if event.dialog_id else ""
                self.updates.append([event.kind.name or "", dialog, about])

    def shown(self) -> dict[str, Any]:
        return {
            "starts": self.starts,
            "updates": self.updates,
            "duplicates": self.duplicates,
            "gaps": self.gaps,
            "reconnects": self.reconnects,
        }


class User:
    """One user's client and live store, from a start to its stop."""

    def __init__(self, name: str, folder: Path, record: Record, errors: list[str]) -> None:
        self.chat = Chat3Client.from_environment({**os.environ, "CHAT3_USER": name})
        self.store = LiveStore(
            self.chat, history=100, open_all=True, resume=FileStore(folder / name)
        )
        self._name, self._record, self._errors = name, record, errors
        self._filled = asyncio.Event()
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        try:
            async for event in self.store:
                self._record.take(event)
                if isinstance(event, Connected):
                    self._filled.set()
        except Exception as error:  # noqa: BLE001 - told in the outcome
            self._errors.append(f"the stream of {self._name} ended: {error!r}")

    async def started(self) -> None:
        async with asyncio.timeout(CALL_TIMEOUT):
            await self._filled.wait()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.chat.close()


class Player:
    """One run of a scenario."""

    def __init__(self, scenario: Mapping[str, Any], folder: Path) -> None:
        self._scenario = scenario
        self._folder = folder
        self._names = Names()
        self._records = {user: Record() for user in scenario["users"]}
        self._users: dict[str, User] = {}
        self._errors: list[str] = []

    async def play(self) -> dict[str, Any]:
        """Take all steps; return the outcome."""
        results = []
        for number, step in enumerate(self._scenario["steps"]):
            print(f"step {number}", flush=True)
            results.append(await self._take(step))
        await self._settle_unread()
        pictures = {
            name: {Id(each.dialog_id): self._dialog(user, each) for each in user.store.dialogs}
            for name, user in self._users.items()
        }
        for user in self._users.values():
            await user.stop()
        outcome = {
            "player": "python",
            "names": self._names.bound,
            "results": results,
            "pictures": pictures,
            "streams": {user: record.shown() for user, record in self._records.items()},
            "errors": self._errors,
        }
        named: dict[str, Any] = self._names.of(outcome)
        return named

    async def _take(self, step: Step) -> dict[str, Any]:
        try:
            return await self._do(step)
        except Chat3Error as error:
            failed = {"failed": error.reason or error.status.name}
            if isinstance(error, InvalidRequestError) and error.violations:
                return {**failed, "fields": sorted(each.field for each in error.violations)}
            return failed

    async def _do(self, step: Step) -> dict[str, Any]:
        match step["do"]:
            case "pause":
                await asyncio.sleep(step["ms"] / 1000)
            case "start":
                name = step["by"]
                user = User(name, self._folder, self._records[name], self._errors)
                self._users[name] = user
                await user.started()
            case "stop":
                await self._users.pop(step["by"]).stop()
            case "burst":
                texts = enumerate(step["texts"], start=1)
                sends = [self._send(step, text, f"{step['as']}-{n}") for n, text in texts]
                found = await asyncio.gather(*sends)
                return {"messages": [Id(each.message_id) for each in found]}
            case "settle":
                return await self._settle(step)
            case _:
                return await self._call(step, self._users[step["by"]].chat)
        return {}

    async def _call(self, step: Step, chat: Chat3Client) -> dict[str, Any]:
        dialog, message = self._id(step.get("dialog", "")), self._id(step.get("message", ""))
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
                sent = await self._send(step, step["text"], step.get("as"))
                return {"message": Id(sent.message_id), "shown": self._message(sent)}
            case "list_dialogs":
                pages = chat.dialogs(page_size=step["page_size"], timeout=CALL_TIMEOUT)
                ids = dict.fromkeys([Id(each.dialog_id) async for each in pages])
                return {"dialogs": list(ids)}
            case "history":
                history = chat.history(**inside, page_size=step["page_size"])
                read = [each async for each in history]
                return {"messages": [[Id(each.message_id), self._message(each)] for each in read]}
            case "members":
                members = [each.user_id async for each in chat.dialog_members(**inside)]
                return {"members": sorted(members)}
            case deed:
                await _DEEDS[deed](chat, step, there if message else inside)
        if made is not None:
            self._names.bind(step["as"], made.dialog.dialog_id)
            return {"dialog": Id(made.dialog.dialog_id)}
        return {}

    async def _send(self, step: Step, text: str, name: str | None) -> Message:
        answer = await self._users[step["by"]].chat.send_message(
            self._id(step["dialog"]),
            text,
            meta=step.get("meta"),
            quoted_message_id=self._id(step["quote"]) if "quote" in step else None,
            idempotency_key=step.get("key"),
            timeout=CALL_TIMEOUT,
        )
        assert answer.message is not None  # noqa: S101 - the contract says so
        self._names.bind(name, answer.message.message_id)
        return answer.message

    async def _settle(self, step: Step) -> dict[str, Any]:
        sent = await self._send(step, step["text"], step.get("as"))
        for name in step["users"]:
            store = self._users[name].store

            async def there(store: LiveStore = store) -> bool:
                return store.message(sent.message_id) is not None

            await self._until(there, f"{step['text']!r} has not reached {name}")
        return {"message": Id(sent.message_id)}

    async def _settle_unread(self) -> None:
        for name, user in self._users.items():

            async def agrees(user: User = user) -> bool:
                pages = user.chat.dialogs(page_size=100, timeout=CALL_TIMEOUT)
                return unread([each async for each in pages]) == unread(user.store.dialogs)

            await self._until(agrees, f"the unread counts of {name} are not what is answered")

    async def _until(self, true: Callable[[], Awaitable[bool]], otherwise: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not await true():  # noqa: ASYNC110 - stores have no event of their own
                    await asyncio.sleep(LOOK_AGAIN)
                return
        self._errors.append(otherwise)

    def _id(self, text: str) -> str:
        return self._names.bound[text[1:]] if text.startswith("$") else text

    def _dialog(self, user: User, dialog: Dialog) -> dict[str, Any]:
        self._names.label(dialog.dialog_id, dialog.title or "")
        messages = user.store.messages(dialog.dialog_id)
        return {
            "title": dialog.title,
            "meta": data(dialog.meta),
            "members": dialog.member_count,
            "unread": dialog.membership.unread_count if dialog.membership is not None else 0,
            "last": Id(dialog.last_message.message_id) if dialog.last_message is not None else None,
            "messages": {Id(each.message_id): self._message(each) for each in messages},
        }

    def _message(self, message: Message) -> dict[str, Any]:
        self._names.label(message.message_id, message.content)
        statuses: Counter[str] = Counter()
        for row in message.status_counts:
            statuses[(row.status.name or "").lower()] += row.count
        quoted = message.quoted_message
        return {
            "sender": message.sender_id,
            "text": message.content,
            "meta": data(message.meta),
            "edited": message.edited,
            "deleted": message.deleted,
            "reactions": {
                row.reaction: {"count": row.count, "mine": row.mine} for row in message.reactions
            },
            "statuses": dict(statuses),
            "quotes": Id(quoted.message_id) if quoted is not None else None,
        }


def unread(dialogs: list[Dialog]) -> dict[str, int]:
    """Return the unread counts of dialogs."""
    return {
        each.dialog_id: each.membership.unread_count if each.membership is not None else 0
        for each in dialogs
    }


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


async def main() -> None:
    """Play a scenario and write its outcome."""
    scenario, outcome = map(Path, sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        player = Player(json.loads(scenario.read_text()), Path(folder))
        outcome.write_text(json.dumps(await player.play(), ensure_ascii=False))


if __name__ == "__main__":
    asyncio.run(main())
