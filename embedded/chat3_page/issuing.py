"""How an application's back end gets user tokens: one call in JSON, with the API key."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from chat3_page.server import SignInError, UserToken

_METHOD: Final = "/chat3.tenant.v1.TenantService/CreateUserToken"
_TIMEOUT: Final = ClientTimeout(total=10.0)


@dataclass(frozen=True, slots=True)
class BackEnd:
    """A back end that is open: ``service`` is an origin, such as ``http://127.0.0.1:50051``."""

    service: str
    identity: Mapping[str, str]
    session: ClientSession

    async def make_token(self, user_id: str) -> UserToken:
        """Return a new token of a user.

        Raises `SignInError`.
        """
        try:
            async with self.session.post(
                self.service + _METHOD, json={"userId": user_id}, headers=self.identity
            ) as response:
                answer = await response.json()
        except (ClientError, TimeoutError) as error:
            raise SignInError(f"the service cannot be reached: {error}") from error
        if "token" not in answer:
            raise SignInError(f"the service refused: {answer.get('message')}")
        return UserToken(answer["token"], datetime.fromisoformat(answer["expireTime"]))


@asynccontextmanager
async def back_end(
    service: str, *, tenant: str, api_key: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[BackEnd]:
    """Open a back end for the block; ``tls`` says which certificate of the service is trusted."""
    identity = {"x-api-key": api_key, "x-tenant-id": tenant}
    connector = TCPConnector(ssl=tls or True)
    async with ClientSession(connector=connector, timeout=_TIMEOUT) as session:
        yield BackEnd(service, identity, session)
