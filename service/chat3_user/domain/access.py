"""Who may do what: tenant-api's own judgement, asked for where tenant-api would not ask itself.

tenant-api writes messages for strangers and takes reactions to other dialogs' messages. So before
such a write, membership and ownership are proved by a read that does check. An answer to a write
that is given without writing, a replay, is given only to an API key that may write. A proof counts
for `PROOF_SECONDS`, for the same caller only; a refusal is never remembered.
"""

import asyncio
import secrets
from typing import Any, Final

from cachetools import TTLCache

from chat3_user.domain.letter_case import LetterCase
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import PermittedError
from chat3_user.tenant_api.query import paged
from chat3_user.tenant_api.route import Route
from chat3_user.validation import Identity

PROOF_SECONDS: Final = 5.0
_PROOFS_MAX: Final = 50_000
_SMALLEST: Final = paged(limit=1)
_WRITER: Final = "write"
_DELETER: Final = "delete"

_NO_DIALOG: Final = "none"
"""What stands for a dialog id and is none: nothing can be written there."""


class Access:
    """Proves access; what is not about `write` or `delete` needs the key's `read` permission."""

    def __init__(self, api: TenantApi) -> None:
        self._api = api
        self._letter_case = LetterCase(api)
        self._proofs: TTLCache[tuple[Identity, str], bool] = TTLCache(_PROOFS_MAX, PROOF_SECONDS)

    async def named(self, error: CallError, identity: Identity, dialog_id: str) -> CallError:
        """Return what to tell a caller whom tenant-api refused; see `LetterCase.named`."""
        return await self._letter_case.named(error, identity, dialog_id)

    async def prove_member(self, identity: Identity, dialog_id: str) -> None:
        """Prove that the caller is a member of the dialog.

        Raises `CallError`.
        """
        if (identity, dialog_id) not in self._proofs:
            try:
                await self._api.call(
                    routes.USER_MESSAGES, identity, query=_SMALLEST, dialog_id=dialog_id
                )
            except CallError as error:
                raise await self.named(error, identity, dialog_id) from error
            self._proofs[identity, dialog_id] = True

    async def prove_message(self, identity: Identity, dialog_id: str, message_id: str) -> None:
        """Prove that the caller is a member of the dialog, and that it has the message.

        Raises `CallError`.
        """
        proof = (identity, f"{dialog_id}/{message_id}")
        if proof not in self._proofs:
            try:
                await self._api.call(
                    routes.MESSAGE_ID, identity, dialog_id=dialog_id, message_id=message_id
                )
            except CallError as error:
                raise await self.named(error, identity, dialog_id) from error
            self._proofs[proof] = True
            self._proofs[identity, dialog_id] = True

    async def prove_writer(self, identity: Identity) -> None:
        """Prove that the key may write in the tenant; nothing is written.

        tenant-api judges permission before it looks at the id in the URL: what lacks `write` is
        refused, what has it hears that the id is none. The query makes each request unlike any
        other, for the duplicate guard looks at neither key nor tenant.

        Raises `CallError`.
        """
        if (identity, _WRITER) in self._proofs:
            return
        await self._prove_permission(routes.PROVE_WRITER, identity, query=_unlike(), body={})
        self._proofs[identity, _WRITER] = True

    async def prove_deleter(self, identity: Identity) -> None:
        """Prove, in the same way, that the key may delete in the tenant; nothing is deleted.

        Raises `CallError`.
        """
        if (identity, _DELETER) not in self._proofs:
            await self._prove_permission(routes.PROVE_DELETER, identity, query=_unlike())
            self._proofs[identity, _DELETER] = True

    async def prove_sender(self, identity: Identity, dialog_id: str, user_id: str) -> None:
        """Prove that a tenant has the dialog, and the user in whose name a back end writes there.

        The dialog comes first: the users route checks no permission. It also answers for who only
        owns custom data: such a user is none.

        Raises `CallError`.
        """
        proof = (identity, f"{dialog_id}/{user_id}")
        if proof in self._proofs:
            return
        await self._api.call(routes.DIALOG, identity, dialog_id=dialog_id)
        user = (await self._api.call(routes.USER, identity, user_id=user_id)).data
        if not user.exists:
            raise reasons.user_not_found(user_id)
        self._proofs[proof] = True

    async def prove_known(self, identity: Identity) -> None:
        """Prove that the platform knows the key, and that it may read in the tenant.

        Raises `CallError`.
        """
        if identity.user_id:
            await self._api.call(routes.USER_DIALOGS, identity, query=_SMALLEST)
        else:
            await self._prove_permission(routes.PROVE_READER, identity)

    async def _prove_permission(
        self, route: Route[m.Model], identity: Identity, **asked: Any
    ) -> None:
        """Prove that the key has a route's permission, by an id that the route cannot take."""
        try:
            await self._api.call(route, identity, dialog_id=_NO_DIALOG, **asked)
        except PermittedError:
            return
        raise reasons.upstream_invalid_response(route.name)

    async def prove_reader(self, identity: Identity) -> None:
        """Prove that the key may read in the tenant and that the user exists; nothing is cached.

        The users route checks no permission, so a list that does is read beside it; what it says
        comes first, for permission is judged before existence.

        Raises `CallError`.
        """
        outcomes = await asyncio.gather(
            self.prove_known(identity),
            self._api.call(routes.USER, identity),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome


def _unlike() -> dict[str, str]:
    return {"proof": secrets.token_hex(8)}
