"""Writes in the calling user's name, with tenant-api's duplicate guard made invisible."""

from typing import Any, Final

from chat3_user.domain.access import Access
from chat3_user.domain.guard import past_guard
from chat3_user.errors import CallError
from chat3_user.tenant_api import DuplicateGuardError, TenantApi
from chat3_user.tenant_api import models as m
from chat3_user.validation import Identity

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

    async def set_status(
        self, identity: Identity, dialog_id: str, message_id: str, status: str
    ) -> m.StatusRecord:
        """Record a status."""
        await self._access.prove_message(identity, dialog_id, message_id)
        return await past_guard(
            lambda: self._api.set_status(identity, dialog_id, message_id, status)
        )

    async def set_reaction(
        self, identity: Identity, dialog_id: str, message_id: str, reaction: str
    ) -> bool:
        """Give a reaction; return whether that changed anything."""
        await self._access.prove_message(identity, dialog_id, message_id)
        return await past_guard(
            lambda: self._api.set_reaction(identity, dialog_id, message_id, reaction)
        )

    async def unset_reaction(
        self, identity: Identity, dialog_id: str, message_id: str, reaction: str
    ) -> bool:
        """Take a reaction back; return whether that changed anything."""
        await self._access.prove_message(identity, dialog_id, message_id)
        return await past_guard(
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
