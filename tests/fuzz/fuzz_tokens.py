"""Bearer tokens for the fuzzer: our own, an issuer's, and what nearly is one."""

import random
import time
from base64 import urlsafe_b64encode
from collections.abc import Coroutine
from typing import Any, Final

from joserfc.jwk import ECKey, Key

from chat3_user.errors import token_reasons
from chat3_user.tokens import Bearer
from chat3_user.tokens.issuer import Accepted, IssuerTokens
from chat3_user.tokens.keyring import token_keys
from chat3_user.tokens.sealed import SealedTokens
from chat3_user.validation import Identity
from support.tokens import AUDIENCE, ISSUER, Issuer, segment

TOKEN_KEYS: Final = "fuzz:" + urlsafe_b64encode(b"k" * 32).decode()
_SEALED: Final = SealedTokens(token_keys(TOKEN_KEYS), time.time)
_DAY: Final = 86_400


class _Keys:
    """The keys of the fuzzer's issuer, which are known from the start."""

    def __init__(self) -> None:
        self.issuer = Issuer()

    async def key(self, id_: str) -> Key:
        key = self.issuer.keys.get(id_)
        if key is None:
            raise token_reasons.token_key_unknown()
        assert isinstance(key, ECKey)
        return key


_KEYS: Final = _Keys()
_SIGNED: Final = IssuerTokens(
    Accepted(
        issuer=ISSUER,
        audience=AUDIENCE,
        algorithms=("ES256",),
        tenant_claim="tenant_id",
        user_claim="sub",
        tenants=(),
        api_key="demo-key",
    ),
    _KEYS,  # type: ignore[arg-type]  # all that is asked of them
    time.time,
)


def sealed(rng: random.Random) -> str:
    """Return a token of ours that is good."""
    user = rng.choice(("alice", "bob", "ж", "a b"))
    return _SEALED.create(Identity("demo-key", "tnt_default", user), _DAY)[0]


def signed(rng: random.Random) -> str:
    """Return a token of the issuer that is good."""
    return _signed(sub=rng.choice(("alice", "bob", "Ж")))


def odd(rng: random.Random) -> str:
    """Return a genuine token of the issuer that says what it should not."""
    name = rng.choice(("iss", "aud", "exp", "nbf", "iat", "sub", "tenant_id"))
    return _signed(
        **{name: rng.choice((None, True, "", 7, -1, 1e300, [], {}, ["a"], "x" * 300, "\0"))}
    )


def _signed(**claims: Any) -> str:
    return _KEYS.issuer.signed(**{"exp": int(time.time()) + _DAY, **claims})


def hostile(rng: random.Random) -> str:
    """Return a token with a head that somebody thought up."""
    head: dict[str, Any] = {"alg": "dir", "enc": "A256GCM", "typ": "chat3-user+jwe", "kid": "fuzz"}
    name = rng.choice(("alg", "enc", "typ", "kid", "zip", "crit", "jku", "jwk", "p2c"))
    head[name] = rng.choice(("none", "HS256", "DEF", ["exp"], 10**9, None, {}, "x" * 100, "../x"))
    _, dot, rest = rng.choice((sealed, signed))(rng).partition(".")
    return segment(head) + dot + rest


def bearer(rng: random.Random) -> str:
    """Return the token of a call: most are ours."""
    return rng.choice((sealed, sealed, sealed, signed, odd, hostile))(rng)


def read_sealed(text: str) -> Bearer:
    """Read a token of ours.

    Raises `CallError`.
    """
    return _SEALED.read(text)


def read_signed(text: str) -> Bearer:
    """Read a token of the issuer.

    Raises `CallError`.
    """
    return _finished(_SIGNED.read(text))


def _finished(reading: Coroutine[Any, Any, Bearer]) -> Bearer:
    """Return what a coroutine returns that has nothing to wait for."""
    try:
        reading.send(None)
    except StopIteration as done:
        proved: Bearer = done.value
        return proved
    raise AssertionError("it waits")
