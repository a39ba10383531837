"""The calls to tenant-api that find out what an attempt of unknown outcome left, and repair it."""

import secrets
import time
from typing import Final

import msgspec

from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import NotFound, UnknownRouteError
from chat3_user.tenant_api.paths import (
    DIALOG_MESSAGES,
    USER_MESSAGE,
    tenant_problem,
    user_messages,
)
from chat3_user.tenant_api.resilience import Caller
from chat3_user.tenant_api.transport import segment
from chat3_user.validation import Identity

_members = msgspec.json.Decoder(m.Page[m.Member])
_statuses = msgspec.json.Decoder(m.Page[m.StatusRecord])
_reactions = msgspec.json.Decoder(m.Data[m.OwnReactions])
_message = msgspec.json.Decoder(m.Data[m.Message])
_anything = msgspec.json.Decoder(m.Model)

PAGE: Final = 100
"""The rows of a page here."""

TAKEN_AWAY_BY: Final = "chat3-gateway:incomplete-copy"
"""Who deleted a message that this service took away; people's deletions carry other names."""

_ASK_AGAIN: Final = 300.0
"""For how long, in seconds, a platform is believed to have no route for deletion."""

_NO_DIALOG: Final = "none"
"""What stands for a dialog id and is none: nothing can be written there."""


class RecoveryApi:
    """tenant-api as a record of past attempts, and the writes that repair what they left."""

    def __init__(self, http: Caller) -> None:
        self._http = http
        self._no_deletion_until = 0.0

    async def members(self, identity: Identity, dialog_id: str, page: int) -> m.Page[m.Member]:
        """Return a page of a dialog's members; that the caller is one must have been proved."""
        _, answer = await self._http.call(
            "GET",
            "/api/dialogs/{dialog_id}/members",
            f"/api/dialogs/{dialog_id}/members?page={page}&limit={PAGE}",
            identity,
            _members,
            not_found=lambda problem: (
                tenant_problem(problem, identity) or reasons.not_a_member(dialog_id)
            ),
        )
        return answer

    async def statuses(
        self, identity: Identity, dialog_id: str, message_id: str, page: int
    ) -> m.Page[m.StatusRecord]:
        """Return a page of a message's status history, newest first, of all users."""
        _, answer = await self._http.call(
            "GET",
            USER_MESSAGE + "/statuses",
            f"{user_messages(identity, dialog_id)}/{message_id}/statuses?page={page}&limit={PAGE}",
            identity,
            _statuses,
            not_found=_no_message(identity, message_id),
            forbidden=lambda: reasons.not_a_member(dialog_id),
        )
        return answer

    async def own_reactions(
        self, identity: Identity, dialog_id: str, message_id: str
    ) -> list[m.OwnReaction]:
        """Return the calling user's reactions to a message."""
        _, answer = await self._http.call(
            "GET",
            USER_MESSAGE + "/reactions",
            f"{user_messages(identity, dialog_id)}/{message_id}/reactions",
            identity,
            _reactions,
            not_found=_no_message(identity, message_id),
            forbidden=lambda: reasons.not_a_member(dialog_id),
        )
        return answer.data.reactions

    async def put_message_meta(
        self, identity: Identity, message_id: str, key: str, value: object
    ) -> None:
        """Set one key of a message's meta; every member gets an update of the message.

        Nobody's membership is checked: it must have been proved.
        """
        await self._http.call(
            "PUT",
            "/api/meta/message/{message_id}/{key}",
            f"/api/meta/message/{message_id}/{segment(key)}",
            identity,
            _anything,
            body=msgspec.json.encode({"value": value}),
            not_found=_no_message(identity, message_id),
        )

    @property
    def can_delete(self) -> bool:
        """Whether the platform may be new enough (0.0.81) to delete messages."""
        return time.monotonic() >= self._no_deletion_until

    async def take_away(self, identity: Identity, message_id: str) -> m.Message | None:
        """Delete a message as this service's own broken copy; return it as it is then.

        Somebody else's deletion stays theirs: see ``deleted_by``. None when the platform cannot
        delete, which is remembered for a while. Nobody's membership is checked.
        """
        if not self.can_delete:
            return None
        try:
            _, answer = await self._http.call(
                "PATCH",
                "/api/messages/{message_id}",
                f"/api/messages/{message_id}",
                identity,
                _message,
                body=msgspec.json.encode({"deleted": True, "deletedBy": TAKEN_AWAY_BY}),
                not_found=_no_message(identity, message_id),
            )
        except UnknownRouteError:
            self._no_deletion_until = time.monotonic() + _ASK_AGAIN
            return None
        return answer.data

    async def prove_may_write(self, identity: Identity) -> None:
        """Prove that the API key may write in the tenant, without writing.

        tenant-api judges permission before it looks at the id in the URL: what lacks `write` is
        refused, what has it hears that the id is none. The query makes each request unlike any
        other, for the duplicate guard looks at neither key nor tenant.

        Raises `CallError`.
        """
        try:
            await self._http.call(
                "POST",
                DIALOG_MESSAGES,
                f"/api/dialogs/{_NO_DIALOG}/messages?proof={secrets.token_hex(8)}",
                identity,
                _anything,
                body=b"{}",
                not_found=lambda problem: tenant_problem(problem, identity),
                bad_request=_MayWriteError,
            )
        except _MayWriteError:
            return
        raise reasons.upstream_invalid_response(f"POST {DIALOG_MESSAGES}")


class _MayWriteError(CallError):
    """The platform found fault with the id, and so none with the key."""

    def __init__(self) -> None:
        invalid = reasons.upstream_invalid_response(f"POST {DIALOG_MESSAGES}")
        super().__init__(invalid.reason, invalid.message)


def _no_message(identity: Identity, message_id: str) -> NotFound:
    return lambda problem: (
        tenant_problem(problem, identity) or reasons.message_not_found(message_id)
    )
