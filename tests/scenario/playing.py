"""Plays the scenario with clients of any kind, and makes the outcome."""

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec

from scenario import model
from scenario.shown import DialogId, MessageId, Names, UnreadCounts, dialog_shown, message_shown
from scenario.stream_record import StreamRecord

Json = Mapping[str, Any]
"""A message of the contract as proto3 JSON."""

PATIENCE: Final = 60.0
"""Seconds of a wait for what must come."""

_LOOK_AGAIN: Final = 0.1


class CallFailedError(Exception):
    """A call failed for good; ``reason`` is the one on the wire, or the name of the status."""

    def __init__(self, reason: str, fields: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fields = sorted(fields)


class Client(Protocol):
    """One user's client, from its start to its stop; ``record`` outlives it."""

    async def start(self) -> None:
        """Open the stream, from the stored token if there is one; then fill the local store."""

    async def stop(self) -> None:
        """Close in good order."""

    async def call(self, method: str, request: Json) -> Json:
        """Call a method of `UserService`, by its name, until it succeeds or fails for good.

        Raises `CallFailedError`.
        """

    async def pages(self, method: str, request: Json) -> Sequence[Json]:
        """Call a method that lists something, for all pages. Raises `CallFailedError`."""

    def has(self, dialog_id: str, message_id: str) -> bool:
        """Return whether the local store has a message."""

    async def unread(self) -> UnreadCounts:
        """Return the unread counts in the local store, by dialog."""

    async def store(self) -> Mapping[str, tuple[Json, Sequence[Json]]]:
        """Return the local store: dialogs, and the messages of each, by the dialog's id."""


MakeClient = Callable[[str, StreamRecord], Client]
"""Makes the client of a user, who may have had others before."""


class Playing:
    """One run of a scenario; ``pace`` stretches its pauses."""

    def __init__(
        self, player: str, scenario: model.Scenario, make: MakeClient, *, pace: float = 1.0
    ) -> None:
        self._player = player
        self._scenario = scenario
        self._make = make
        self._pace = pace
        self._names = Names()
        self._records = {user: StreamRecord() for user in scenario.users}
        self._clients: dict[str, Client] = {}
        self._errors: list[str] = []

    async def play(self) -> model.Outcome:
        """Take all steps, and return the outcome."""
        results = []
        try:
            for number, step in enumerate(self._scenario.steps):
                print(f"step {number}", flush=True)
                results.append(await self._take(step))
            await self._settle_unread()
            stores = {user: await client.store() for user, client in self._clients.items()}
        finally:
            for client in self._clients.values():
                await client.stop()
        pictures = {
            user: {
                DialogId(dialog_id): dialog_shown(*held, self._names)
                for dialog_id, held in store.items()
            }
            for user, store in stores.items()
        }
        outcome = {
            "player": self._player,
            "names": self._names.bound,
            "results": results,
            "pictures": pictures,
            "streams": {user: record.shown() for user, record in self._records.items()},
            "errors": [*self._errors, *(e for r in self._records.values() for e in r.errors)],
        }
        return msgspec.convert(self._names.named(outcome), model.Outcome)

    async def _take(self, step: model.AnyStep) -> Json:
        try:
            return await self._do(step)
        except CallFailedError as error:
            fields = {"fields": error.fields} if error.fields else {}
            return {"failed": error.reason, **fields}

    async def _do(self, step: model.AnyStep) -> Json:
        match step:
            case model.Pause():
                await asyncio.sleep(step.ms / 1000 * self._pace)
            case model.Start():
                client = self._make(step.by, self._records[step.by])
                self._clients[step.by] = client
                await client.start()
            case model.Stop():
                await self._clients.pop(step.by).stop()
            case model.ListDialogs() | model.History() | model.Members():
                return await self._listed(step)
            case model.Settle():
                return await self._settle(step)
            case model.Burst():
                texts = enumerate(step.texts, start=1)
                sends = [self._send(step, text, f"{step.bind}-{number}") for number, text in texts]
                return {"messages": [found[0] for found in await asyncio.gather(*sends)]}
            case model.Send():
                message_id, answer = await self._send(step, step.text, step.bind)
                return {"message": message_id, "shown": message_shown(answer, self._names)}
            case model.CreateDialog() | model.DirectDialog():
                answer = await self._call(step)
                dialog_id = DialogId(answer["dialog"]["dialogId"])
                self._names.bind(step.bind, dialog_id)
                return {"dialog": dialog_id}
            case _:
                await self._call(step)
        return {}

    async def _call(self, step: model.Deed) -> Json:
        method, fields = _CALLS[type(step)]
        request = (
            {"dialogId": self._names.id_of(step.dialog)} if isinstance(step, model.InDialog) else {}
        )
        if isinstance(step, model.OnMessage):
            request["messageId"] = self._names.id_of(step.message)
        return await self._clients[step.by].call(method, {**request, **fields(step)})

    async def _send(
        self, step: model.Send | model.Burst | model.Settle, text: str, name: Any
    ) -> tuple[MessageId, Json]:
        request: dict[str, Any] = {"dialogId": self._names.id_of(step.dialog), "content": text}
        if isinstance(step, model.Send):
            if step.meta:
                request["meta"] = step.meta
            if step.quote is not msgspec.UNSET:
                request["quotedMessageId"] = self._names.id_of(step.quote)
            if step.key is not msgspec.UNSET:
                request["idempotencyKey"] = step.key
        message = (await self._clients[step.by].call("SendMessage", request))["message"]
        message_id = MessageId(message["messageId"])
        if name is not msgspec.UNSET:
            self._names.bind(name, message_id)
        return message_id, message

    async def _listed(self, step: model.ListDialogs | model.History | model.Members) -> Json:
        client = self._clients[step.by]
        if isinstance(step, model.ListDialogs):
            pages = await client.pages("GetUserDialogs", {"pageSize": step.page_size})
            dialogs = itertools.chain.from_iterable(page.get("dialogs", ()) for page in pages)
            return {"dialogs": list(dict.fromkeys(DialogId(each["dialogId"]) for each in dialogs))}
        request: dict[str, Any] = {"dialogId": self._names.id_of(step.dialog)}
        if isinstance(step, model.Members):
            pages = await client.pages("ListDialogMembers", request)
            return {"members": sorted(m["userId"] for p in pages for m in p.get("members", ()))}
        pages = await client.pages("GetDialogMessages", {**request, "pageSize": step.page_size})
        messages = itertools.chain.from_iterable(page.get("messages", ()) for page in pages)
        return {
            "messages": [
                [MessageId(each["messageId"]), message_shown(each, self._names)]
                for each in messages
            ]
        }

    async def _settle(self, step: model.Settle) -> Json:
        message_id, _ = await self._send(step, step.text, step.bind)
        dialog_id = self._names.id_of(step.dialog)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for user in step.users:
                    while not self._clients[user].has(dialog_id, message_id):
                        await asyncio.sleep(_LOOK_AGAIN)
        for user in step.users:
            if not self._clients[user].has(dialog_id, message_id):
                self._errors.append(f"{step.text!r} has not reached {user}")
        return {"message": message_id}

    async def _settle_unread(self) -> None:
        """Wait until the counters, which come late, are what the service answers."""
        for user, client in self._clients.items():
            try:
                async with asyncio.timeout(PATIENCE):
                    while await client.unread() != await self._answered(client):
                        await asyncio.sleep(_LOOK_AGAIN)
            except TimeoutError:
                self._errors.append(f"the unread counts of {user} are not what is answered")

    async def _answered(self, client: Client) -> UnreadCounts:
        pages = await client.pages("GetUserDialogs", {"pageSize": 100})
        return {
            dialog["dialogId"]: dialog.get("membership", {}).get("unreadCount", 0)
            for page in pages
            for dialog in page.get("dialogs", ())
        }


_ACTIONS: Final = {model.React: "REACTION_ACTION_SET", model.Unreact: "REACTION_ACTION_UNSET"}


def _reaction(step: Any) -> Json:
    return {"reaction": step.reaction, "action": _ACTIONS[type(step)]}


def _nothing(_: Any) -> Json:
    return {}


_CALLS: Final[Mapping[type, tuple[str, Callable[[Any], Json]]]] = {
    model.CreateDialog: (
        "CreateDialog",
        lambda step: {"memberIds": list(step.members), "meta": step.meta},
    ),
    model.DirectDialog: ("GetOrCreateDirectDialog", lambda step: {"userId": step.user}),
    model.Edit: ("EditMessage", lambda step: {"content": step.text}),
    model.Delete: ("DeleteMessage", _nothing),
    model.Restore: ("RestoreMessage", _nothing),
    model.React: ("SetMessageReaction", _reaction),
    model.Unreact: ("SetMessageReaction", _reaction),
    model.SetStatus: (
        "SetMessageStatus",
        lambda step: {"status": f"MESSAGE_STATUS_{step.status.upper()}"},
    ),
    model.MarkRead: ("MarkDialogRead", _nothing),
    model.Typing: ("SendTypingIndicator", _nothing),
    model.AddMembers: ("AddDialogMembers", lambda step: {"userIds": list(step.users)}),
    model.RemoveMember: ("RemoveDialogMember", lambda step: {"userId": step.user}),
    model.Leave: ("LeaveDialog", _nothing),
    model.SetMeta: ("UpdateDialogMeta", lambda step: {"meta": step.meta}),
}
"""The method of each deed, and the fields of its request besides dialog and message."""
