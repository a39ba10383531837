"""Takes the steps of a scenario, and makes its outcome."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from chat3_client import Chat3Error, InvalidRequestError, LiveStore
from player.deeds import Deeds, Step
from player.names import Id, Names
from player.record import Record
from player.shown import dialog_shown, unread
from player.user import CALL_TIMEOUT, User

PATIENCE: Final = 60.0
"""Seconds of a wait for what must come."""
LOOK_AGAIN: Final = 0.1


class Player:
    """One run of a scenario."""

    def __init__(self, scenario: Mapping[str, Any], folder: Path) -> None:
        self._scenario = scenario
        self._folder = folder
        self._names = Names()
        self._deeds = Deeds(self._names)
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
        pictures = {name: self._picture(user.store) for name, user in self._users.items()}
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
                chat = self._users[step["by"]].chat
                sends = [
                    self._deeds.send(step, chat, text, f"{step['as']}-{n}") for n, text in texts
                ]
                found = await asyncio.gather(*sends)
                return {"messages": [Id(each.message_id) for each in found]}
            case "settle":
                return await self._settle(step)
            case _:
                return await self._deeds.call(step, self._users[step["by"]].chat)
        return {}

    async def _settle(self, step: Step) -> dict[str, Any]:
        chat = self._users[step["by"]].chat
        sent = await self._deeds.send(step, chat, step["text"], step.get("as"))
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

    def _picture(self, store: LiveStore) -> dict[str, Any]:
        return {
            Id(each.dialog_id): dialog_shown(each, store.messages(each.dialog_id), self._names)
            for each in store.dialogs
        }
