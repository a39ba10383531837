"""The clients for code without asyncio: the same calls, each in the thread of an event loop.

`Chat3Client` and `TenantClient` here take what those of `chat3_client` take, and any number of
threads may use one. Iterators are ordinary ones; closing them ends what is behind them.
"""

import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import betterproto2

from chat3_api.chat3.user.v1 import Update, UpdateKind
from chat3_client import client as asynchronous
from chat3_client import tenant as asynchronous_tenant
from chat3_client.address import DEFAULT_ADDRESS
from chat3_client.calls import DEFAULT_TIMEOUT, Procedure, Response
from chat3_client.environment import DEFAULT_TENANT, back_end_settings, user_settings
from chat3_client.hooks import Hook
from chat3_client.identity import TokenSource
from chat3_client.loop_thread import LoopThread
from chat3_client.methods.sync_tenant import SyncTenantMethods
from chat3_client.methods.sync_user import SyncUserMethods
from chat3_client.retry import RetryPolicy
from chat3_client.updates import watching as asynchronous_watching
from chat3_client.updates.events import Event, Gap
from chat3_client.updates.following import HEARTBEAT, UpdateStream
from chat3_client.updates.reconnecting import Reconnecting
from chat3_client.updates.resume import ResumeStore
from chat3_client.updates.watch_events import UserStore, WatchEvent

E = TypeVar("E")


class Events(Generic[E]):
    """The events of a stream; one counts as dealt with when the next one is asked for."""

    def __init__(self, loop: LoopThread, stream: Reconnecting[Any, E]) -> None:
        self._loop = loop
        self._stream = stream

    def __iter__(self) -> Iterator[E]:
        return self

    def __next__(self) -> E:
        """Wait for the next event; another thread may end that by `close`.

        Raises `Chat3Error` when the stream fails for good.
        """
        try:
            return self._loop.next(self._stream)
        except StopAsyncIteration:
            raise StopIteration from None

    def acknowledge(self) -> None:
        """Save the place behind the last event, before a `break` for instance."""
        self._loop.run(self._stream.acknowledge())

    def responses(self) -> Iterator[Any]:
        """Yield what the service sends, as it came, in place of events, and each `Disconnected`."""
        return self._loop.iterate(self._stream.responses())

    def close(self) -> None:
        """End the stream. May be called twice, and after its client was closed."""
        if not self._loop.closed:
            self._loop.run(self._stream.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


class Updates(Events[Event]):
    """What changes for a user, or for a tenant."""

    def __init__(self, loop: LoopThread, stream: UpdateStream) -> None:
        super().__init__(loop, stream)
        self._updates = stream

    @property
    def resume_token(self) -> str:
        """The place behind the event that was handed out last."""
        return self._updates.resume_token


class WatchedUsers(Events[WatchEvent]):
    """What changes for many users."""

    def __init__(self, loop: LoopThread, stream: asynchronous_watching.WatchedUsers) -> None:
        super().__init__(loop, stream)
        self._watched = stream

    @property
    def users(self) -> list[str]:
        """The users who are to be watched."""
        return self._watched.users

    def watch(self, *users: str) -> None:
        """Watch more users."""
        self._loop.run(self._watched.watch(*users))

    def unwatch(self, *users: str) -> None:
        """Watch users no longer."""
        self._loop.run(self._watched.unwatch(*users))


AsyncClient = TypeVar("AsyncClient", asynchronous.Chat3Client, asynchronous_tenant.TenantClient)


class _Sync(Generic[AsyncClient]):
    """What both clients have in common: a thread, and the client that works in it."""

    def __init__(self, client: AsyncClient) -> None:
        self._asynchronous: AsyncClient = client
        self._loop = LoopThread()

    @property
    def address(self) -> str:
        """Where the service is: `HOST:PORT`."""
        return self._asynchronous.address

    def updates(
        self,
        store: ResumeStore | None = None,
        *,
        kinds: Iterable[UpdateKind] = (),
        dialog_ids: Iterable[str] = (),
        heartbeat: timedelta = HEARTBEAT,
    ) -> Updates:
        """Follow what changes, as the asynchronous client does."""
        stream = self._asynchronous.updates(
            store, kinds=kinds, dialog_ids=dialog_ids, heartbeat=heartbeat
        )
        return Updates(self._loop, stream)

    def call(
        self,
        procedure: Procedure[Response],
        request: betterproto2.Message,
        *,
        timeout: float | None = None,
        retry: RetryPolicy | None = None,
    ) -> Response:
        """Make a call with a request of the contract, as the asynchronous client does."""
        made = self._asynchronous.call(procedure, request, timeout=timeout, retry=retry)
        return self._loop.run(made)

    def health(self, service: str = "", timeout: float | None = None) -> str:
        """Ask the standard health service once, as the asynchronous client does."""
        return self._loop.run(self._asynchronous.health(service, timeout))

    def close(self) -> None:
        """Close the connection, all streams and the thread. May be called twice."""
        if not self._loop.closed:
            self._loop.run(self._asynchronous.close())
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


class Chat3Client(SyncUserMethods, _Sync[asynchronous.Chat3Client]):
    """Chat3 as one user sees it; see `chat3_client.Chat3Client`."""

    _asynchronous: asynchronous.Chat3Client

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
        super().__init__(
            asynchronous.Chat3Client(
                address,
                api_key=api_key,
                tenant=tenant,
                user=user,
                token=token,
                tls=tls,
                timeout=timeout,
                retry=retry,
                hooks=hooks,
            )
        )

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, *, hooks: Sequence[Hook] = ()
    ) -> Self:
        """Make a client from the environment, as the asynchronous one.

        Raises `ValueError` that names what is missing.
        """
        return cls(**user_settings(environ), hooks=hooks)

    def missed_updates(
        self,
        store: ResumeStore,
        *,
        kinds: Iterable[UpdateKind] = (),
        dialog_ids: Iterable[str] = (),
        timeout: float | None = None,
    ) -> Iterator[Update | Gap]:
        """Read what was missed since the token in ``store``, without a stream, and end."""
        return self._loop.iterate(
            self._asynchronous.missed_updates(
                store, kinds=kinds, dialog_ids=dialog_ids, timeout=timeout
            )
        )


class TenantClient(SyncTenantMethods, _Sync[asynchronous_tenant.TenantClient]):
    """Chat3 as a tenant's back end sees it; see `chat3_client.TenantClient`."""

    _asynchronous: asynchronous_tenant.TenantClient

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        api_key: str,
        tenant: str = DEFAULT_TENANT,
        tls: bool | ssl.SSLContext = False,
        timeout: float = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = None,
        hooks: Sequence[Hook] = (),
    ) -> None:
        super().__init__(
            asynchronous_tenant.TenantClient(
                address,
                api_key=api_key,
                tenant=tenant,
                tls=tls,
                timeout=timeout,
                retry=retry,
                hooks=hooks,
            )
        )

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, *, hooks: Sequence[Hook] = ()
    ) -> Self:
        """Make a client from the environment, as the asynchronous one.

        Raises `ValueError` that names what is missing.
        """
        return cls(**back_end_settings(environ), hooks=hooks)

    def watch(
        self,
        users: Iterable[str] = (),
        *,
        store: UserStore | None = None,
        heartbeat: timedelta = HEARTBEAT,
    ) -> WatchedUsers:
        """Follow what changes for many users, as the asynchronous client does."""
        stream = self._asynchronous.watch(users, store=store, heartbeat=heartbeat)
        return WatchedUsers(self._loop, stream)
