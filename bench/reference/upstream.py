"""tenant-api by one shared aiohttp session."""

from typing import TypeVar
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from yarl import URL

from reference import models as m

T = TypeVar("T")

_dialogs = msgspec.json.Decoder(m.Page[m.UserDialog])
_messages = msgspec.json.Decoder(m.Page[m.Message])
_message = msgspec.json.Decoder(m.Data[m.Message])
_status_record = msgspec.json.Decoder(m.Data[m.StatusRecord])
_typing = msgspec.json.Decoder(m.Data[m.TypingAccepted])


class Identity(msgspec.Struct, frozen=True):
    api_key: str
    tenant_id: str
    user_id: str


class Upstream:
    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self._base = base

    async def dialogs(
        self, identity: Identity, *, page: int, limit: int, include_last_message: bool
    ) -> m.Page[m.UserDialog]:
        query: dict[str, int | str] = {"page": page, "limit": limit}
        if include_last_message:
            query["includeLastMessage"] = "true"
        path = f"/api/users/{quote(identity.user_id, safe='')}/dialogs?{urlencode(query)}"
        return await self._call("GET", path, identity, _dialogs)

    async def messages(
        self, identity: Identity, dialog_id: str, *, page: int, limit: int
    ) -> m.Page[m.Message]:
        query = urlencode({"page": page, "limit": limit})
        path = f"{_user_messages(identity, dialog_id)}?{query}"
        return await self._call("GET", path, identity, _messages)

    async def send(self, identity: Identity, dialog_id: str, body: m.Json) -> m.Message:
        answer = await self._call(
            "POST",
            f"/api/dialogs/{dialog_id}/messages",
            identity,
            _message,
            msgspec.json.encode({"senderId": identity.user_id, **body}),
        )
        return answer.data

    async def set_status(
        self, identity: Identity, dialog_id: str, message_id: str, status: str
    ) -> m.StatusRecord:
        path = f"{_user_messages(identity, dialog_id)}/{message_id}/status/{status}"
        return (await self._call("POST", path, identity, _status_record)).data

    async def typing(self, identity: Identity, dialog_id: str) -> m.TypingAccepted:
        path = f"/api/dialogs/{dialog_id}/member/{quote(identity.user_id, safe='')}/typing"
        return (await self._call("POST", path, identity, _typing)).data

    async def _call(
        self,
        method: str,
        path: str,
        identity: Identity,
        decoder: msgspec.json.Decoder[T],
        body: bytes | None = None,
    ) -> T:
        headers = {"X-API-Key": identity.api_key, "X-Tenant-Id": identity.tenant_id}
        if body is not None:
            headers["Content-Type"] = "application/json"
        async with self._session.request(
            method, URL(self._base + path, encoded=True), headers=headers, data=body
        ) as response:
            response.raise_for_status()
            return decoder.decode(await response.read())


def _user_messages(identity: Identity, dialog_id: str) -> str:
    return f"/api/users/{quote(identity.user_id, safe='')}/dialogs/{dialog_id}/messages"
