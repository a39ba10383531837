"""Tokens as tests have them: our own of any key and time, and an issuer with keys of its own."""

import json
import ssl
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

from aiohttp import web
from joserfc import jws
from joserfc.jwk import ECKey, Key

from chat3_user.tokens.keyring import token_keys
from chat3_user.tokens.sealed import SealedTokens
from chat3_user.validation import Identity
from support.gateway import KEY, TENANT, TOKEN_KEYS
from support.servers import web_server

AUDIENCE: Final = "chat"
ISSUER: Final = "https://issuer.example.com/"
ISSUED_FOR: Final = 300.0


def token(
    user: str = "alice",
    *,
    tenant: str = TENANT,
    key: str = KEY,
    keys: str = TOKEN_KEYS,
    created_at: float | None = None,
    seconds: int = 300,
) -> str:
    """Return a token of ours, created at any time (Unix seconds)."""
    at = time.time() if created_at is None else created_at
    sealed = SealedTokens(token_keys(keys), lambda: at)
    return sealed.create(Identity(key, tenant, user), seconds)[0]


def bearer(text: str) -> dict[str, str]:
    """Return the metadata of a call with a token."""
    return {"authorization": f"Bearer {text}"}


def segment(document: Any) -> str:
    """Return a part of a token: JSON in base64."""
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@dataclass
class Issuer:
    """An issuer that signs by ES256 unless told otherwise, and serves its public keys."""

    keys: dict[str, Key] = field(default_factory=dict)
    url: str = ""
    asked: int = 0
    status: int = 200
    body: bytes | None = None

    def __post_init__(self) -> None:
        self.add("one")

    def add(self, id_: str) -> None:
        """Add a key."""
        self.keys[id_] = ECKey.generate_key("P-256", {"kid": id_, "use": "sig"})

    def document(self) -> bytes:
        """Return the public keys as the issuer publishes them."""
        return json.dumps(
            {"keys": [key.as_dict(private=False) for key in self.keys.values()]}
        ).encode()

    def signed(
        self,
        *,
        by: str = "one",
        head: Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Return a token of alice that is good; claims replace its own, None removes one."""
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "alice",
            "tenant_id": TENANT,
            "exp": int(time.time() + ISSUED_FOR),
            **claims,
        }
        payload = {name: value for name, value in said.items() if value is not None}
        return self.signed_under({"alg": "ES256", "kid": by, **(head or {})}, payload, by=by)

    def signed_under(self, head: Mapping[str, Any], payload: Any, *, by: str = "one") -> str:
        """Return whatever is said, under whatever head, with a good signature."""
        text = f"{segment(head)}.{segment(payload)}"
        algorithm = jws.JWSRegistry.algorithms[str(head["alg"])]
        signature = algorithm.sign(text.encode(), self.keys[by])
        return f"{text}.{urlsafe_b64encode(signature).decode().rstrip('=')}"

    def settings(self, **changed: str) -> dict[str, str]:
        """Return the settings of a service that accepts the issuer."""
        return {
            "token_issuer": ISSUER,
            "token_issuer_keys": self.url,
            "token_issuer_audience": AUDIENCE,
            "token_issuer_algorithms": "ES256",
            "token_issuer_api_key": KEY,
            **changed,
        }

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[Self]:
        """Serve the keys over HTTP, or by TLS."""

        async def answer(_: web.Request) -> web.Response:
            self.asked += 1
            body = self.document() if self.body is None else self.body
            return web.Response(body=body, status=self.status)

        async def moved(_: web.Request) -> web.Response:
            raise web.HTTPFound("/keys")

        app = web.Application()
        app.router.add_get("/keys", answer)
        app.router.add_get("/moved", moved)
        async with web_server(app, tls=tls) as port:
            server = "http://127.0.0.1" if tls is None else "https://localhost"
            self.url = f"{server}:{port}/keys"
            yield self
