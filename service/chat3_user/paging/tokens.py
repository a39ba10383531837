"""Page tokens: opaque text that says where a page begins, bound to the list it belongs to.

A token has a version, a kind, a payload of that kind, and a digest. The digest covers tenant, user
(of a back end its API key), method, the request's own fields and the payload, so one comparison
refuses what is damaged and what belongs to another list. It is no secret and grants nothing: a
caller who computes a token gets a page of a list that is open to him anyway. So a payload is read
like any other input, within bounds.
"""

import base64
import binascii
import dataclasses
import hashlib
from typing import Any, Final, Protocol

from chat3_user.calls import Call
from chat3_user.errors import reasons
from chat3_user.wire import encode

DEFAULT_PAGE_SIZE: Final = 10

_VERSION: Final = 1
_HEAD_BYTES: Final = 2
_DIGEST_BYTES: Final = 8
# Where a list is continued, and how much of it is wanted: not which list it is.
_NOT_THE_LIST: Final = {
    "page_size": 0,
    "page_token": "",
    "page": 0,
    "around_message_id": None,
    "include_total_size": False,
}


class ListRequest(Protocol):
    """What every request for a list has."""

    page_size: int
    page_token: str


def page_size(request: ListRequest) -> int:
    """Return how many items are wanted at most."""
    return request.page_size or DEFAULT_PAGE_SIZE


class Tokens:
    """Reads and writes the tokens of one list: that of ``request``, asked for by ``call``."""

    __slots__ = ("_call", "_request", "_scope")

    def __init__(self, request: ListRequest, call: Call) -> None:
        self._request = request
        self._call = call
        self._scope: bytes | None = None

    def write(self, kind: int, payload: bytes) -> str:
        """Return a token: URL-safe, of about the payload's length and a third."""
        body = bytes((_VERSION, kind)) + payload
        return base64.urlsafe_b64encode(body + self._digest(body)).rstrip(b"=").decode()

    def read(self) -> tuple[int, bytes] | None:
        """Return kind and payload of the request's token, None when it has none.

        Raises `CallError` for a token that is damaged, or of another list, user or tenant.
        """
        text = self._request.page_token
        if not text:
            return None
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise reasons.page_token_invalid() from None
        body, digest = raw[:-_DIGEST_BYTES], raw[-_DIGEST_BYTES:]
        if (
            len(body) < _HEAD_BYTES
            or body[0] != _VERSION
            or digest != self._digest(body)
            # Base64 has several texts for the same bytes; a token is one.
            or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text
        ):
            raise reasons.page_token_invalid()
        return body[1], body[_HEAD_BYTES:]

    def _digest(self, body: bytes) -> bytes:
        if self._scope is None:
            identity = self._call.identity
            self._scope = _joined(
                identity.tenant_id.encode(),
                identity.owner.encode(),
                self._call.method.encode(),
                _list_of(self._request),
            )
        return hashlib.blake2b(_joined(self._scope, body), digest_size=_DIGEST_BYTES).digest()


def _joined(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _list_of(request: Any) -> bytes:
    """Return what names the list a request asks for: its fields, without those of the page."""
    cleared = {name: value for name, value in _NOT_THE_LIST.items() if hasattr(request, name)}
    return encode(dataclasses.replace(request, **cleared))
