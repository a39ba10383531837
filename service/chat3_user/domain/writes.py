"""Writes in the calling user's name, with tenant-api's duplicate guard made invisible."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec

from chat3_user.domain.access import Access
from chat3_user.errors import CallError
from chat3_user.tenant_api import DuplicateGuardError, TenantApi
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import GUARD_WINDOW, understood
from chat3_user.tenant_api.client import USER_MESSAGES
from chat3_user.times import to_datetime
from chat3_user.validation import Identity

T = TypeVar("T")

# How far tenant-api's clock may be from ours; far less than a key is kept.
_CLOCKS_DIFFER: Final = 600.0

TYPING_SHOWN_MS: Final = 5000
"""For how long tenant-api shows a typing signal, when it does not say."""


class Writes:
    """The four mutations, without their idempotency."""

    def __init__(self, api: TenantApi, access: Access) -> None:
        self._api = api
        self._access = access

    async def send_message(
        self,
        identity: Identity,
        dialog_id: str,
        body: dict[str, Any],
        key: str | None,
    ) -> m.Message:
        """Write a message; ``key`` names the attempt, see `TenantApi.send_message`."""
        await self.prove_sender(identity, dialog_id, body.get("quotedMessageId"))
        return await self._api.send_message(identity, dialog_id, body, key)

    async def prove_sender(self, identity: Identity, dialog_id: str, quoted: str | None) -> None:
        """Prove that the caller may write into the dialog and quote the message, if any."""
        if quoted is None:
            await self._access.prove_member(identity, dialog_id)
        else:
            await self._access.prove_message(identity, dialog_id, quoted)

    async def find_sent(
        self, identity: Identity, dialog_id: str, key: str, age: float
    ) -> m.Message | None:
        """Return the message that was written as ``key`` at most ``age`` seconds ago, if any.

        It comes as tenant-api answers a write: without statuses and reactions. An edit in the
        meantime shows.
        """
        sent = await self._api.find_sent(identity, dialog_id, key)
        if sent is None or sent.created_at is None:
            return None
        with understood(f"GET {USER_MESSAGES}"):
            written_at = to_datetime(sent.created_at).timestamp()
        if written_at < time.time() - age - _CLOCKS_DIFFER:
            return None
        return msgspec.structs.replace(sent, status_message_matrix=m.ABSENT, reaction_set=[])

    async def set_status(
        self, identity: Identity, dialog_id: str, message_id: str, status: str
    ) -> m.StatusRecord:
        """Record a status."""
        await self._access.prove_message(identity, dialog_id, message_id)
        return await _past_guard(
            lambda: self._api.set_status(identity, dialog_id, message_id, status)
        )

    async def set_reaction(
        self, identity: Identity, dialog_id: str, message_id: str, reaction: str
    ) -> bool:
        """Give a reaction; return whether that changed anything."""
        await self._access.prove_message(identity, dialog_id, message_id)
        return await _past_guard(
            lambda: self._api.set_reaction(identity, dialog_id, message_id, reaction)
        )

    async def unset_reaction(
        self, identity: Identity, dialog_id: str, message_id: str, reaction: str
    ) -> bool:
        """Take a reaction back; return whether that changed anything."""
        await self._access.prove_message(identity, dialog_id, message_id)
        return await _past_guard(
            lambda: self._api.unset_reaction(identity, dialog_id, message_id, reaction)
        )

    async def typing(self, identity: Identity, dialog_id: str) -> int:
        """Signal typing; return for how many milliseconds it is shown.

        A repetition within tenant-api's guard is as good as done.
        """
        try:
            accepted = await self._api.typing(identity, dialog_id)
        except DuplicateGuardError:
            return TYPING_SHOWN_MS
        except CallError as error:
            raise await self._access.named(error, identity, dialog_id) from error
        return accepted.expires_in_ms


async def _past_guard(write: Callable[[], Awaitable[T]]) -> T:
    """Repeat a write, which may be repeated, until the guard lets it pass or the deadline is over.

    The guard does not tell an honest repetition from a retry, and refuses even after a failure.
    """
    while True:
        try:
            return await write()
        except DuplicateGuardError:
            # Jitter only spreads load; nobody gains from guessing it.
            await asyncio.sleep(GUARD_WINDOW * random.uniform(1.0, 1.4))
