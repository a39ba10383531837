"""The keys that seal our own tokens: read from the setting, or made up for a demo."""

import binascii
import re
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Final

from joserfc.jwk import OctKey

from chat3_user.settings import ConfigError

_VARIABLE: Final = "TOKEN_KEYS"
_SEPARATORS: Final = re.compile(r"[,\s]+")
_ID: Final = re.compile("[A-Za-z0-9_-]{1,32}")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key and the id by which tokens name it."""

    id: str
    key: OctKey = field(repr=False)


def token_keys(text: str) -> tuple[TokenKey, ...]:
    """Return the keys in ``text``, the value of TOKEN_KEYS; the first one creates tokens.

    Raises `ConfigError`, which repeats nothing of the value.
    """
    keys: dict[str, TokenKey] = {}
    for number, entry in enumerate(filter(None, _SEPARATORS.split(text)), 1):
        id_, colon, encoded = entry.partition(":")
        if not colon or not _ID.fullmatch(id_):
            raise ConfigError(
                f"{_VARIABLE}: key {number}: expected ID:KEY, with an ID of 1 to 32 letters,"
                " digits, `_` and `-`"
            )
        if id_ in keys:
            raise ConfigError(f"{_VARIABLE}: key {number}: its ID is that of an earlier key")
        keys[id_] = TokenKey(id_, OctKey.import_key(_secret(number, encoded)))
    return tuple(keys.values())


def made_up() -> str:
    """Return a new random value for TOKEN_KEYS, with a new id."""
    return f"demo-{secrets.token_hex(4)}:{b64encode(secrets.token_bytes(_BYTES)).decode()}"


def _secret(number: int, encoded: str) -> bytes:
    standard = encoded.translate(_URL_SAFE).rstrip("=")
    try:
        secret = b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _BYTES:
        raise ConfigError(
            f"{_VARIABLE}: key {number}: expected {_BYTES} bytes in base64, which"
            " openssl rand -base64 32 prints"
        )
    return secret
