"""The calls this service makes to tenant-api, one method each."""

import re
import secrets
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import BODY_LIMIT, DuplicateGuardError, UnknownRouteError
from chat3_user.tenant_api.paths import (
    DIALOG_MESSAGES,
    MESSAGES,
    SET_STATUS,
    USER_DIALOGS,
    USER_MESSAGE,
    USER_MESSAGES,
    tenant_problem,
    user_messages,
)
from chat3_user.tenant_api.resilience import Caller
from chat3_user.tenant_api.transport import segment
from chat3_user.validation import Identity

__all__ = ["DuplicateGuardError", "TenantApi"]

_Decoder = msgspec.json.Decoder
_dialogs = _Decoder(m.Page[m.UserDialog])
_messages = _Decoder(m.Page[m.Message])
_message = _Decoder(m.Data[m.Message])
_deletions = _Decoder(m.Page[m.Deletion])
_message_id = _Decoder(m.Data[m.MessageId])
_status_record = _Decoder(m.Data[m.StatusRecord])
_typing = _Decoder(m.Data[m.TypingAccepted])
_user = _Decoder(m.Data[m.User])
_members = _Decoder(m.Page[m.Member])
_anything = _Decoder(m.Model)

SEND_KEY = "chat3_key"
"""The meta key under which a message carries what names the attempt to send it."""


class TenantApi:
    """tenant-api in the words of this service."""

    def __init__(self, http: Caller) -> None:
        self._http = http
        self._status_method = "POST"

    async def user(self, identity: Identity) -> m.User:
        """Return the calling user. tenant-api checks no permission here."""
        _, answer = await self._http.call(
            "GET",
            "/api/users/{user_id}",
            f"/api/users/{segment(identity.user_id)}",
            identity,
            _user,
            not_found=lambda problem: (
                tenant_problem(problem, identity) or reasons.user_not_found(identity.user_id)
            ),
        )
        return answer.data

    async def user_dialogs(
        self,
        identity: Identity,
        *,
        page: int = 1,
        limit: int = 10,
        filter_: str = "",
        sort: str = "",
        include_last_message: bool = False,
    ) -> m.Page[m.UserDialog]:
        """Return a page of the user's dialogs; ``filter_`` and ``sort`` are rendered by us."""
        query = _query(page, limit, filter_, sort)
        if include_last_message:
            query["includeLastMessage"] = "true"
        _, answer = await self._http.call(
            "GET",
            USER_DIALOGS,
            f"/api/users/{segment(identity.user_id)}/dialogs?{urlencode(query)}",
            identity,
            _dialogs,
            not_found=lambda problem: tenant_problem(problem, identity),
        )
        return answer

    async def dialog_messages(
        self,
        identity: Identity,
        dialog_id: str,
        *,
        page: int = 1,
        limit: int = 10,
        filter_: str = "",
        sort: str = "",
    ) -> m.Page[m.Message]:
        """Return a page of a dialog's messages; ``filter_`` and ``sort`` are rendered by us."""
        query = urlencode(_query(page, limit, filter_, sort))
        _, answer = await self._http.call(
            "GET",
            USER_MESSAGES,
            f"{user_messages(identity, dialog_id)}?{query}",
            identity,
            _messages,
            not_found=lambda problem: tenant_problem(problem, identity),
            forbidden=lambda: reasons.not_a_member(dialog_id),
        )
        return answer

    async def message_id(self, identity: Identity, dialog_id: str, message_id: str) -> m.MessageId:
        """Prove that the user is a member of the dialog and the dialog has the message."""
        _, answer = await self._http.call(
            "GET",
            USER_MESSAGE,
            f"{user_messages(identity, dialog_id)}/{message_id}",
            identity,
            _message_id,
            not_found=lambda problem: (
                tenant_problem(problem, identity) or reasons.message_not_found(message_id)
            ),
            forbidden=lambda: reasons.not_a_member(dialog_id),
        )
        return answer.data

    async def members_like(self, identity: Identity, dialog_id: str, pattern: str) -> list[str]:
        """Return the ids of up to 100 members that match a regular expression without parentheses.

        tenant-api ignores case in it, and does not ask whether the caller is a member.
        """
        query = urlencode(_query(1, 100, f"(userId,regex,{pattern})", ""))
        _, answer = await self._http.call(
            "GET",
            "/api/dialogs/{dialog_id}/members",
            f"/api/dialogs/{dialog_id}/members?{query}",
            identity,
            _members,
            not_found=lambda problem: (
                tenant_problem(problem, identity) or reasons.not_a_member(dialog_id)
            ),
        )
        return [member.user_id for member in answer.data]

    async def deleted_among(
        self, identity: Identity, message_ids: Collection[str]
    ) -> dict[str, m.Deletion]:
        """Return which of at most 100 messages of the tenant, of any dialog, are deleted.

        Platforms before 0.0.81 delete nothing, and answer that none is.
        """
        # The ids come from the platform; only what is one goes into a filter.
        listed = ",".join(sorted(filter(_MESSAGE_ID.fullmatch, message_ids)))
        filter_ = f"(messageId,in,[{listed}])&(deleted,eq,true)"
        _, answer = await self._http.call(
            "GET",
            MESSAGES,
            f"{MESSAGES}?{urlencode(_query(1, 100, filter_, ''))}",
            identity,
            _deletions,
            not_found=lambda problem: tenant_problem(problem, identity),
        )
        return {row.message_id: row for row in answer.data if row.deleted}

    async def send_message(
        self,
        identity: Identity,
        dialog_id: str,
        body: Mapping[str, Any],
        key: str | None = None,
    ) -> m.Message:
        """Write a message; membership must have been proved.

        ``body`` is the request without sender and key. The key (made up when absent) names the
        attempt in the message's meta, where it is looked for after a cut; and two honest messages
        of equal text never look alike to the duplicate guard. tenant-api writes meta key by key,
        in this order: the key comes first, so that nearly all that is cut off can be recognised.
        """
        meta = {SEND_KEY: key or secrets.token_hex(16), **body.get("meta", {})}
        document = msgspec.json.encode({"senderId": identity.user_id, **body, "meta": meta})
        if len(document) > BODY_LIMIT:
            raise reasons.request_too_large(BODY_LIMIT)
        _, answer = await self._http.call(
            "POST",
            DIALOG_MESSAGES,
            f"/api/dialogs/{dialog_id}/messages",
            identity,
            _message,
            body=document,
            not_found=lambda problem: (
                tenant_problem(problem, identity)
                or (
                    reasons.topic_not_found(str(body.get("topicId")))
                    if problem.error == "ERROR_NO_TOPIC"
                    else reasons.not_a_member(dialog_id)
                )
            ),
        )
        return answer.data

    async def set_status(
        self, identity: Identity, dialog_id: str, message_id: str, status: str
    ) -> m.StatusRecord:
        """Record a status; that the message belongs to the dialog must have been proved.

        Older platforms know the route by PUT: where POST turns out to be unknown, PUT is tried and
        remembered.
        """
        try:
            return await self._set_status(identity, dialog_id, message_id, status)
        except UnknownRouteError:
            self._status_method = "PUT" if self._status_method == "POST" else "POST"
            return await self._set_status(identity, dialog_id, message_id, status)

    async def _set_status(
        self, identity: Identity, dialog_id: str, message_id: str, status: str
    ) -> m.StatusRecord:
        _, answer = await self._http.call(
            self._status_method,
            SET_STATUS,
            f"{user_messages(identity, dialog_id)}/{message_id}/status/{status}",
            identity,
            _status_record,
            not_found=lambda problem: (
                tenant_problem(problem, identity) or reasons.message_not_found(message_id)
            ),
            forbidden=lambda: reasons.not_a_member(dialog_id),
        )
        return answer.data

    async def set_reaction(
        self, identity: Identity, dialog_id: str, message_id: str, reaction: str
    ) -> bool:
        """Give a reaction; return whether it was new. Its message must have been proved."""
        status = await self._react(identity, dialog_id, message_id, reaction, "set")
        return status == _CREATED

    async def unset_reaction(
        self, identity: Identity, dialog_id: str, message_id: str, reaction: str
    ) -> bool:
        """Take a reaction back; return whether it was there."""
        try:
            await self._react(identity, dialog_id, message_id, reaction, "unset")
        except _NoSuchReactionError:
            return False
        return True

    async def _react(
        self, identity: Identity, dialog_id: str, message_id: str, reaction: str, action: str
    ) -> int:
        def not_found(problem: m.Problem) -> CallError | None:
            if problem.message == "Reaction not found":
                raise _NoSuchReactionError
            return tenant_problem(problem, identity) or reasons.message_not_found(message_id)

        status, _ = await self._http.call(
            "POST",
            USER_MESSAGE + "/reactions/" + action,
            f"{user_messages(identity, dialog_id)}/{message_id}/reactions/{action}",
            identity,
            _anything,
            body=msgspec.json.encode({"reaction": reaction}),
            not_found=not_found,
            forbidden=lambda: reasons.not_a_member(dialog_id),
        )
        return status

    async def typing(self, identity: Identity, dialog_id: str) -> m.TypingAccepted:
        """Signal that the user types; tenant-api checks membership itself and says so with 404."""
        _, answer = await self._http.call(
            "POST",
            "/api/dialogs/{dialog_id}/member/{user_id}/typing",
            f"/api/dialogs/{dialog_id}/member/{segment(identity.user_id)}/typing",
            identity,
            _typing,
            not_found=lambda problem: (
                tenant_problem(problem, identity) or reasons.not_a_member(dialog_id)
            ),
            forbidden=lambda: reasons.not_a_member(dialog_id),
        )
        return answer.data


_CREATED = 201
_MESSAGE_ID = re.compile("msg_[a-z0-9]{20}")


class _NoSuchReactionError(Exception):
    """The reaction to be taken back was not there."""


def _query(page: int, limit: int, filter_: str, sort: str) -> dict[str, str]:
    query = {"page": str(page), "limit": str(limit)}
    if filter_:
        query["filter"] = filter_
    if sort:
        query["sort"] = sort
    return query
