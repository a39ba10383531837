"""What names a key and a request: digests of fixed size, equal in every worker."""

import dataclasses
import hashlib
from typing import Any, Final

import msgspec

from chat3_user.validation import Identity
from chat3_user.wire import encode, plain

_SIZE: Final = 16


def scope_digest(identity: Identity, method: str, key: str) -> bytes:
    """Return what names ``key`` of this user or back end, and of this method (by its label).

    The API key that acts for a user is no part of it: applications may change theirs.
    """
    return _digest(identity.tenant_id, identity.owner, method, key)


def request_digest(request: Any) -> bytes:
    """Return what names the content of a request, whatever the order of the keys in its meta."""
    meta = getattr(request, "meta", None)
    bare: dict[str, Any] = {"idempotency_key": ""}
    text = b""
    if meta is not None:
        bare["meta"] = None
        text = msgspec.json.encode(plain(meta), order="deterministic")
    return _digest(encode(dataclasses.replace(request, **bare)), text)


def sent_key(scope: bytes, request: bytes) -> str:
    """Return the hexadecimal digits by which tenant-api is asked whether a message was written.

    The request is part of it: a message that is found is this request's, whatever the store forgot.
    """
    return _digest(scope, request).hex()


def claim_digest(identity: Identity, thing: str) -> bytes:
    """Return what names a thing of the caller's tenant, such as a message; never a key's scope."""
    return _digest("claim", identity.tenant_id, thing)


def alone_digest(identity: Identity, thing: str) -> bytes:
    """Return what names a thing of the caller's tenant that one call at a time writes about."""
    return _digest("alone", identity.tenant_id, thing)


def pair_name(identity: Identity, other: str) -> str:
    """Return the hexadecimal digits that identify the caller and another user, in either order."""
    return _digest("pair", identity.tenant_id, *sorted((identity.user_id, other))).hex()


def name_digest(name: str) -> bytes:
    """Return the request of a claim by the key that is sent as ``name``."""
    return _digest(name)


def _digest(*parts: str | bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=_SIZE)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.digest()
