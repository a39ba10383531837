"""A JSON Web Key Set: the public keys in it that can check signatures."""

import warnings
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

_TYPES: Final[Mapping[str, type[RSAKey | ECKey | OKPKey]]] = {
    "RSA": RSAKey,
    "EC": ECKey,
    "OKP": OKPKey,
}
_RSA_BITS: Final = 2048
_KEYS: Final = 100


class KeySetError(ValueError):
    """A document is no key set, or none of its keys can be used; the text says why."""

    @property
    def loggable(self) -> str:
        """The text, which is one of ours."""
        return str(self)


class _Document(msgspec.Struct):
    keys: list[dict[str, Any]]


def public_keys(document: bytes) -> dict[str, Key]:
    """Return the keys of a set by their ids.

    Left out are keys that are not for signatures: symmetric ones, those for encryption, RSA below
    2048 bits, those without an id, and those that cannot be read.

    Raises `KeySetError`.
    """
    try:
        entries = msgspec.json.decode(document, type=_Document).keys
    except (ValueError, RecursionError) as error:
        raise KeySetError("not a JSON Web Key Set") from error
    keys: dict[str, Key] = {}
    for entry in entries[:_KEYS]:
        key = _public_key(entry)
        if key is not None:
            keys[entry["kid"]] = key
    if not keys:
        raise KeySetError("no key with an id (kid) that checks signatures")
    return keys


def _public_key(entry: dict[str, Any]) -> Key | None:
    kind, id_ = entry.get("kty"), entry.get("kid")
    if not isinstance(kind, str) or kind not in _TYPES or not isinstance(id_, str):
        return None
    if entry.get("use", "sig") != "sig":
        return None
    try:
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):
            key = _TYPES[kind].import_key(entry)
        if isinstance(key, RSAKey) and key.public_key.key_size < _RSA_BITS:
            return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key
