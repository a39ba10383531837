"""Opens the client of the library that a command needs, and makes its calls."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Concatenate, Self, TypeVar

import betterproto2

from chat3_api.chat3.tenant.v1 import TenantServiceStub
from chat3_api.chat3.user.v1 import UserServiceStub
from chat3_client import Chat3Client, Procedure, RetryPolicy, TenantClient
from chat3_client.address import Address
from chat3_client.client import OpenClient
from chat3_client.identity import Nobody

_STUBS = {stub.__module__: stub for stub in (UserServiceStub, TenantServiceStub)}
"""The stubs by the modules that they and the messages of their package are generated into."""

ATTEMPTS = 4
ONCE = RetryPolicy(attempts=1)

Request = TypeVar("Request", bound=betterproto2.Message)
Response = TypeVar("Response", bound=betterproto2.Message)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the service is and how to talk to it."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    timeout: float

    @property
    def address(self) -> str:
        """The target as `host:port`."""
        return str(Address(self.host, self.port))


@dataclass(frozen=True, slots=True)
class Identity:
    """In whose name calls are made; a back end's calls have no user. A token says it all."""

    api_key: str = field(repr=False)
    tenant: str
    user: str
    token: str = field(default="", repr=False)


class Session:
    """One client, and the identity of every call made with it.

    A service that was never reached is not waited for: the address may be wrong.
    """

    def __init__(self, target: Target, identity: Identity, attempts: int = ATTEMPTS) -> None:
        retry = RetryPolicy(
            attempts, first=1.0, longest=30.0, opening=target.timeout, wait_for_service=False
        )
        self._client = _client(target, identity, retry)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._client.close()

    @property
    def user(self) -> Chat3Client:
        """The client of the user who acts."""
        if not isinstance(self._client, Chat3Client):
            raise TypeError("no user acts here")
        return self._client

    @property
    def back_end(self) -> TenantClient:
        """The client of a back end, which acts for nobody."""
        if not isinstance(self._client, TenantClient):
            raise TypeError("no back end acts here")
        return self._client

    async def call(
        self,
        procedure: Procedure[Response],
        request: betterproto2.Message,
        retry: RetryPolicy | None = None,
    ) -> Response:
        """Make a unary call; repeat it within the deadline while the service is not available.

        Every mutation of this command carries an idempotency key, and all else may be repeated.
        Raises `Chat3Error`.
        """
        return await self._client.call(procedure, request, retry=retry)

    async def health(self, service: str) -> str:
        """Ask the standard health service; give the name of the status.

        Raises `Chat3Error`.
        """
        return await self._client.health(service)


OpenSession = Callable[[], Session]
"""Makes a new connection to the same service for the same user."""


def procedure(
    method: Callable[Concatenate[Any, Request, ...], Awaitable[Response]], request: type[Request]
) -> Procedure[Response]:
    """Give the procedure of a stub's method, which is not bound to one."""
    stub = _STUBS[request.__module__]
    service = stub.__name__.removesuffix("Stub")
    name = "".join(word.title() for word in method.__name__.split("_"))
    package = stub.__module__.removeprefix("chat3_api.")
    return Procedure(f"{package}.{service}/{name}", stub, method)


def _client(target: Target, identity: Identity, retry: RetryPolicy) -> OpenClient:
    address, tls, timeout = target.address, target.tls or False, target.timeout
    if identity.token:
        return Chat3Client(address, token=identity.token, tls=tls, timeout=timeout, retry=retry)
    key, tenant = identity.api_key, identity.tenant
    if identity.user:
        return Chat3Client(
            address,
            api_key=key,
            tenant=tenant,
            user=identity.user,
            tls=tls,
            timeout=timeout,
            retry=retry,
        )
    if key:
        return TenantClient(
            address, api_key=key, tenant=tenant, tls=tls, timeout=timeout, retry=retry
        )
    return OpenClient(address, Nobody(), tls, timeout, retry, hooks=())
