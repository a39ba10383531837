"""Our own tokens: everything that they say is sealed by a key of ours (JWE, dir, A256GCM).

The head of a token depends on its key alone. So a head is never interpreted: it is one of those
that this service writes, character by character, or the token is refused before any cryptography.
Nothing that a head can say (`alg`, `zip`, `crit`, `jku`, an id that is no id) has a meaning here.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from joserfc import jwe
from joserfc.errors import JoseError

from chat3_user.errors import CallError, token_reasons
from chat3_user.tokens.bearer import Bearer, check_times
from chat3_user.tokens.keyring import TokenKey
from chat3_user.validation import Identity

_HEAD: Final = {"alg": "dir", "enc": "A256GCM", "typ": "chat3-user+jwe"}
_REGISTRY: Final = jwe.JWERegistry(algorithms=["dir", "A256GCM"])
_FORM: Final = re.compile(r"([A-Za-z0-9_-]{1,200})\.(\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+\.)(.{22})")
"""Head, no encrypted key, a nonce of 12 bytes, what is sealed, a tag of 16 bytes."""


@dataclass(frozen=True, slots=True)
class _Claims:
    """What is sealed: the user, the tenant, the API key, and the times (Unix seconds)."""

    sub: str
    tid: str
    key: str = field(repr=False)
    iat: int
    exp: int


class SealedTokens:
    """Creates tokens by the first of ``keys``, reads those of all; ``clock`` in Unix seconds."""

    def __init__(self, keys: Sequence[TokenKey], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first = keys[0]
        self._by_head: Mapping[str, TokenKey] = {
            _sealed(key, b"").partition(".")[0]: key for key in keys
        }

    def create(self, identity: Identity, seconds: int) -> tuple[str, int]:
        """Return a token of the identity, and when it expires (Unix seconds)."""
        now = int(self._clock())
        expires_at = now + seconds
        claims = _Claims(
            sub=identity.user_id,
            tid=identity.tenant_id,
            key=identity.api_key,
            iat=now,
            exp=expires_at,
        )
        return _sealed(self._first, msgspec.json.encode(claims)), expires_at

    def read(self, token: str) -> Bearer:
        """Return what a token proves.

        Raises `CallError`.
        """
        form = _FORM.fullmatch(token)
        if form is None:
            raise token_reasons.token_invalid()
        key = self._by_head.get(form[1])
        if key is None:
            raise _of_unknown_head(form[1])
        try:
            opened = jwe.decrypt_compact(token, key.key, registry=_REGISTRY)
            claims = msgspec.json.decode(opened.plaintext or b"", type=_Claims)
        except (JoseError, ValueError) as error:
            raise token_reasons.token_invalid() from error
        check_times(self._clock(), begins_at=claims.iat, expires_at=claims.exp)
        identity = Identity(claims.key, claims.tid, claims.sub, user_proved=True)
        return Bearer(identity, claims.exp)


def _sealed(key: TokenKey, plaintext: bytes) -> str:
    return jwe.encrypt_compact({**_HEAD, "kid": key.id}, plaintext, key.key, registry=_REGISTRY)


def _of_unknown_head(head: str) -> CallError:
    """Return the failure for a head that none of the keys writes: of a retired key, or no head."""
    try:
        said: Any = msgspec.json.decode(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return token_reasons.token_invalid()
    if isinstance(said, dict) and said == {**_HEAD, "kid": str(said.get("kid"))}:
        return token_reasons.token_key_unknown()
    return token_reasons.token_invalid()
