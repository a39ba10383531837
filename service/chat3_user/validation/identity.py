"""Who calls: the identity in request metadata, parsed and checked as the contract states it."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors._failures import CallError, FieldViolation
from chat3_user.validation import user_ids
from chat3_user.validation.user_ids import normal_user_id

API_KEY_WORDS: Final = "1 to 512 visible ASCII characters"
TENANT_WORDS: Final = "1 to 20 characters of a-z, 0-9, `_` and `-`"
ENCODING_WORDS: Final = "percent-encoded UTF-8"
REQUEST_ID_WORDS: Final = "1 to 128 visible ASCII characters"
ONCE_WORDS: Final = "sent once"
ALONE_WORDS: Final = "not sent beside a bearer token"

_API_KEY: Final = re.compile("[!-~]{1,512}")
_TENANT: Final = re.compile("[a-z0-9_-]{1,20}")
_REQUEST_ID: Final = re.compile("[!-~]{1,128}")
_COMMON_USER: Final = re.compile("[a-z0-9_@:-]{1,100}")
_ENCODED: Final = re.compile("(?:[ -$&-~]|%[0-9A-Fa-f]{2})*")
_ESCAPE: Final = re.compile(b"%([0-9A-Fa-f]{2})")
_BEARER: Final = re.compile("bearer(?: +|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller: an application's key, a tenant, and the user it acts for.

    A back end, which acts for nobody, has no ``user_id``. ``user_proved`` says that the user is the
    caller, and not somebody whom the owner of the key names.
    """

    api_key: str = field(repr=False)
    tenant_id: str
    user_id: str = ""
    user_proved: bool = field(default=False, compare=False, kw_only=True)

    @property
    def owner(self) -> str:
        """Whose idempotency keys and page tokens the call's are: the user's, or the back end's.

        A back end is known by a digest of its API key. It may read like a user's id, so what is
        kept by owner is kept by a method's label as well, which belongs to one service.
        """
        if self.user_id:
            return self.user_id
        return hashlib.blake2b(self.api_key.encode(), digest_size=16).hexdigest()


class _MalformedError(ValueError):
    """A value breaks the rule in its text."""


def parse_identity(metadata: Mapping[str, str]) -> Identity:
    """Return the caller's identity, with the user it acts for.

    Raises ``CallError``: ``API_KEY_MISSING`` without a key, else ``INVALID_METADATA`` with every
    violation at once. ``x-request-id`` is checked along, so that one answer names all.
    """
    return _identity(metadata, _OF_A_USER)


def parse_tenant_identity(metadata: Mapping[str, str]) -> Identity:
    """Return the identity of a back end, as `parse_identity` does; ``x-user-id`` is not read."""
    return _identity(metadata, _OF_A_BACK_END)


def _identity(metadata: Mapping[str, str], keys: Mapping[str, Callable[[str], str]]) -> Identity:
    if not metadata.get("x-api-key", "").strip(" \t"):
        raise CallError(ErrorReason.API_KEY_MISSING, "no x-api-key metadata, and no bearer token")
    found: list[FieldViolation] = []
    values = [_parsed(metadata, key, parse, found) for key, parse in keys.items()]
    if "x-request-id" in metadata:
        _parsed(metadata, "x-request-id", _request_id, found)
    if found:
        raise _invalid(found)
    return Identity(*values)


def _invalid(found: Sequence[FieldViolation]) -> CallError:
    keys = [violation.field.removeprefix("metadata.") for violation in found]
    return CallError(
        ErrorReason.INVALID_METADATA,
        f"invalid metadata: {', '.join(keys)}",
        metadata={"key": keys[0]},
        violations=tuple(found),
    )


def parse_claims(api_key: str, tenant_id: str, user_id: str) -> Identity | None:
    """Return the identity that a token proves, or None when it breaks a rule of the metadata."""
    user = normal_user_id(user_id)
    try:
        tenant = _tenant_id(tenant_id)
    except _MalformedError:
        return None
    return None if user is None else Identity(api_key, tenant, user, user_proved=True)


def has_bearer(metadata: Mapping[str, str]) -> bool:
    """Return whether a call carries a bearer token; ``authorization`` of other schemes is none."""
    return "authorization" in metadata and any(map(_BEARER.match, _all(metadata, "authorization")))


def parse_bearer(metadata: Mapping[str, str]) -> str:
    """Return the bearer token that a call carries, which is the only identity in its metadata.

    Raises ``CallError``: ``INVALID_METADATA`` with every violation at once.
    """
    values = _all(metadata, "authorization")
    found = [
        FieldViolation(f"metadata.{key}", ALONE_WORDS) for key in _OF_A_USER if key in metadata
    ]
    if len(values) > 1:
        found.append(FieldViolation("metadata.authorization", ONCE_WORDS))
    if "x-request-id" in metadata:
        _parsed(metadata, "x-request-id", _request_id, found)
    if found:
        raise _invalid(found)
    return _BEARER.sub("", values[0], count=1).strip(" ")


def parse_request_id(metadata: Mapping[str, str]) -> str | None:
    """Return the caller's request id, or None when it sent none that can be used.

    Never raises: a failure needs a request id too, that of a malformed request id included.
    """
    value = metadata.get("x-request-id", "").strip(" \t")
    return value if _REQUEST_ID.fullmatch(value) else None


def _parsed(
    metadata: Mapping[str, str],
    key: str,
    parse: Callable[[str], str],
    found: list[FieldViolation],
) -> str:
    # Which of two identities is meant cannot be known.
    if len(_all(metadata, key)) > 1:
        found.append(FieldViolation(f"metadata.{key}", ONCE_WORDS))
        return ""
    try:
        return parse(metadata.get(key, "").strip(" \t"))
    except _MalformedError as error:
        found.append(FieldViolation(f"metadata.{key}", str(error)))
        return ""


def _all(metadata: Mapping[str, str], key: str) -> Sequence[str]:
    """Return all values of a key: a multidict keeps repeated ones apart."""
    getall = getattr(metadata, "getall", None)
    if getall is None:
        return (metadata[key],) if key in metadata else ()
    found: Sequence[str] = getall(key, ())
    return found


def _api_key(value: str) -> str:
    if not _API_KEY.fullmatch(value):
        raise _MalformedError(API_KEY_WORDS)
    return value


def _tenant_id(value: str) -> str:
    # Not every lower-case mapping is ASCII to ASCII: U+212A becomes k.
    lowered = value.lower()
    if not value.isascii() or not _TENANT.fullmatch(lowered):
        raise _MalformedError(TENANT_WORDS)
    return lowered


def _request_id(value: str) -> str:
    if not _REQUEST_ID.fullmatch(value):
        raise _MalformedError(REQUEST_ID_WORDS)
    return value


def _user_id(value: str) -> str:
    if _COMMON_USER.fullmatch(value):
        return value
    if not _ENCODED.fullmatch(value):
        raise _MalformedError(ENCODING_WORDS)
    raw = _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), value.encode())
    try:
        decoded = raw.decode()
    except UnicodeDecodeError as error:
        raise _MalformedError(ENCODING_WORDS) from error
    user_id = normal_user_id(decoded)
    if user_id is None:
        raise _MalformedError(user_ids.WORDS)
    return user_id


_OF_A_BACK_END: Final = {"x-api-key": _api_key, "x-tenant-id": _tenant_id}
_OF_A_USER: Final = {**_OF_A_BACK_END, "x-user-id": _user_id}
