"""The client of one user."""

import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Final, Protocol, Self

import betterproto2

from chat3_api.chat3.user.v1 import (
    SubscribeUpdatesRequest,
    Update,
    UpdateKind,
    UserServiceStub,
)
from chat3_client.address import DEFAULT_ADDRESS, parse_address, tls_context, usable_by_grpc
from chat3_client.calls import DEFAULT_TIMEOUT, Calls, Procedure, Response
from chat3_client.connection import Connection
from chat3_client.environment import DEFAULT_TENANT, user_settings
from chat3_client.health import health
from chat3_client.hooks import Hook
from chat3_client.identity import ApiKey, Identity, RefreshedToken, TokenSource, fixed_token
from chat3_client.methods.user import UserMethods
from chat3_client.retry import RetryPolicy
from chat3_client.updates.catching_up import missed_updates
from chat3_client.updates.events import Gap
from chat3_client.updates.following import HEARTBEAT, StreamKind, UpdateStream
from chat3_client.updates.resume import ResumeStore

_USER_STREAM: Final = StreamKind(
    "chat3.user.v1.UserService/SubscribeUpdates",
    UserServiceStub,
    UserServiceStub.subscribe_updates,
    SubscribeUpdatesRequest,
)


class Stream(Protocol):
    """Something that a client has opened."""

    async def close(self) -> None:
        """Close it."""


class OpenClient:
    """What all clients have in common: a connection, a caller, and streams to be closed."""

    def __init__(
        self,
        address: str,
        identity: Identity,
        tls: bool | ssl.SSLContext,  # noqa: FBT001 - always by name
        timeout: float,
        retry: RetryPolicy | None,
        hooks: Sequence[Hook],
    ) -> None:
        context = tls_context() if tls is True else usable_by_grpc(tls) if tls else None
        connection = Connection(parse_address(address), context)
        self._calls = Calls(connection, identity, timeout=timeout, retry=retry, hooks=hooks)
        self._streams: set[Stream] = set()

    @property
    def address(self) -> str:
        """Where the service is: `HOST:PORT`."""
        return str(self._calls.connection.address)

    async def call(
        self,
        procedure: Procedure[Response],
        request: betterproto2.Message,
        *,
        timeout: float | None = None,
        retry: RetryPolicy | None = None,
    ) -> Response:
        """Make a call with a request of the contract, as the methods of this client do.

        For those who have a request, or a method that this version does not know, or who want
        another ``retry`` for once. An idempotency key is theirs to give. Raises `Chat3Error`.
        """
        return await self._calls.unary(procedure, request, timeout, retry)

    async def health(self, service: str = "", timeout: float | None = None) -> str:
        """Ask the standard health service once; return a status such as `SERVING`.

        An empty name is the whole server. Raises `Chat3Error`.
        """
        seconds = self._calls.timeout if timeout is None else timeout
        return await health(self._calls.connection, service, seconds)

    def _stream(
        self,
        kind: StreamKind,
        store: ResumeStore | None,
        kinds: Iterable[UpdateKind],
        dialog_ids: Iterable[str],
        heartbeat: timedelta,
    ) -> UpdateStream:
        stream = UpdateStream(
            self._calls,
            kind,
            store=store,
            kinds=kinds,
            dialog_ids=dialog_ids,
            heartbeat=heartbeat,
            closed=self._ended,
        )
        self._begun(stream)
        return stream

    def _begun(self, stream: Stream) -> None:
        """Note a stream, which is to be closed with the client."""
        self._streams.add(stream)

    def _ended(self, stream: Stream) -> None:
        self._streams.discard(stream)

    async def close(self) -> None:
        """Close all streams and connections, and wait until they are. May be called twice.

        A client of `TenantClient.as_user` closes its streams only: the connection is not its own.
        """
        try:
            await self._close_streams()
        finally:
            await self._calls.connection.close()

    async def _close_streams(self) -> None:
        for stream in tuple(self._streams):
            await stream.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.close()


class Chat3Client(UserMethods, OpenClient):
    """Chat3 as one user sees it.

    ``api_key``, ``tenant`` and ``user`` say who calls, or ``token`` alone: a user token, or a
    coroutine function that gets one. A mutation gets an idempotency key of its own, which all of
    its attempts carry; `Chat3Error.idempotency_key` has it, for those who go on after a failure.

    ``timeout`` bounds a call with all its attempts, in seconds. Raises `ValueError` for an address
    or an identity that cannot be one; nothing is sent before the first call.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        api_key: str = "",
        tenant: str = DEFAULT_TENANT,
        user: str = "",
        token: str | TokenSource | None = None,
        tls: bool | ssl.SSLContext = False,
        timeout: float = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = None,
        hooks: Sequence[Hook] = (),
    ) -> None:
        identity: Identity
        if token is not None:
            if api_key or user:
                raise ValueError("a token says who calls: give neither api_key nor user beside it")
            identity = RefreshedToken(fixed_token(token) if isinstance(token, str) else token)
        elif not user:
            raise ValueError("a user is needed: user, or CHAT3_USER")
        else:
            identity = ApiKey(api_key, tenant, user)
        super().__init__(address, identity, tls, timeout, retry, hooks)
        self.user = user.lower()
        """The user who calls, as the contract has user ids; empty for a client by token."""

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, *, hooks: Sequence[Hook] = ()
    ) -> Self:
        """Make a client from `CHAT3_ADDRESS`, `CHAT3_TENANT`, `CHAT3_API_KEY`, `CHAT3_USER`.

        `CHAT3_TOKEN` replaces the last three; `CHAT3_TLS`, set to anything, means TLS. Raises
        `ValueError` that names what is missing.
        """
        return cls(**user_settings(environ), hooks=hooks)

    def updates(
        self,
        store: ResumeStore | None = None,
        *,
        kinds: Iterable[UpdateKind] = (),
        dialog_ids: Iterable[str] = (),
        heartbeat: timedelta = HEARTBEAT,
    ) -> UpdateStream:
        """Follow what changes for the user, from the token in ``store`` or from now on.

        The stream connects again by itself; what it hands out is in `chat3_client.updates.events`.
        ``kinds`` and ``dialog_ids`` filter, ``heartbeat`` is the longest silence, 5 to 300 s.
        """
        return self._stream(_USER_STREAM, store, kinds, dialog_ids, heartbeat)

    def missed_updates(
        self,
        store: ResumeStore,
        *,
        kinds: Iterable[UpdateKind] = (),
        dialog_ids: Iterable[str] = (),
        timeout: float | None = None,
    ) -> AsyncIterator[Update | Gap]:
        """Read what was missed since the token in ``store``, without a stream, and end.

        A call without a token yields nothing and saves the token of the present.
        """
        wanted, dialogs = list(kinds), list(dialog_ids)
        return missed_updates(
            lambda token: self.list_updates(
                resume_token=token, update_kinds=wanted, dialog_ids=dialogs, timeout=timeout
            ),
            store,
        )


class GuestClient(Chat3Client):
    """A client of one user on the connection of another client, its host, which closes it too."""

    def __init__(self, host: OpenClient, calls: Calls, user: str) -> None:
        self._calls = calls
        self._streams = set()
        self._host = host
        self.user = user.lower()

    def _begun(self, stream: Stream) -> None:
        super()._begun(stream)
        self._host._begun(stream)  # noqa: SLF001 - of the same class

    def _ended(self, stream: Stream) -> None:
        super()._ended(stream)
        self._host._ended(stream)  # noqa: SLF001

    async def close(self) -> None:
        """Close the streams of this client."""
        await self._close_streams()
