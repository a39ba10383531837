"""The clients for code without asyncio: the same calls, each in the thread of an event loop.

`Chat3Client` and `TenantClient` here take what those of `chat3_client` take, and any number of
threads may use one. Iterators are ordinary ones; closing them ends what is behind them.
"""

import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Generic, Self, TypeVar

import betterproto2

from chat3_api.chat3.user.v1 import Update, UpdateKind
from chat3_client import blocking
from chat3_client import client as asynchronous
from chat3_client import tenant as asynchronous_tenant
from chat3_client.address import DEFAULT_ADDRESS
from chat3_client.blocking import (
    AnyResumeStore,
    AnyTokenSource,
    AnyUserStore,
    BlockingResumeStore,
    BlockingTokenSource,
    BlockingUserStore,
)
from chat3_client.calls import DEFAULT_TIMEOUT, Procedure, Response
from chat3_client.environment import DEFAULT_TENANT, back_end_settings, user_settings
from chat3_client.hooks import Hook
from chat3_client.identity import UserToken
from chat3_client.loop_thread import LoopThread
from chat3_client.methods.sync_tenant import SyncTenantMethods
from chat3_client.methods.sync_user import SyncUserMethods
from chat3_client.retry import RetryPolicy
from chat3_client.sync_pages import SyncPages
from chat3_client.sync_streams import Events, Updates, WatchedUsers
from chat3_client.updates.events import Gap
from chat3_client.updates.following import HEARTBEAT

__all__ = [
    "BlockingResumeStore",
    "BlockingTokenSource",
    "BlockingUserStore",
    "Chat3Client",
    "Events",
    "SyncPages",
    "TenantClient",
    "Updates",
    "WatchedUsers",
]

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
        store: AnyResumeStore | None = None,
        *,
        kinds: Iterable[UpdateKind] = (),
        dialog_ids: Iterable[str] = (),
        heartbeat: timedelta = HEARTBEAT,
    ) -> Updates:
        """Follow what changes, as the asynchronous client does.

        The methods of ``store`` may be ordinary ones: they are called in another thread.
        """
        kept = None if store is None else blocking.resume_store(store)
        stream = self._asynchronous.updates(
            kept, kinds=kinds, dialog_ids=dialog_ids, heartbeat=heartbeat
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
    """Chat3 as one user sees it; see `chat3_client.Chat3Client`.

    ``token`` may be an ordinary function that gets a token.
    """

    _asynchronous: asynchronous.Chat3Client

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        api_key: str = "",
        tenant: str = DEFAULT_TENANT,
        user: str = "",
        token: str | AnyTokenSource | None = None,
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
                token=blocking.token_source(token) if callable(token) else token,
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

    @property
    def user(self) -> str:
        """The user who calls, as the contract has user ids; empty for a client by token."""
        return self._asynchronous.user

    def missed_updates(
        self,
        store: AnyResumeStore,
        *,
        kinds: Iterable[UpdateKind] = (),
        dialog_ids: Iterable[str] = (),
        timeout: float | None = None,
    ) -> Iterator[Update | Gap]:
        """Read what was missed since the token in ``store``, without a stream, and end."""
        return self._loop.iterate(
            self._asynchronous.missed_updates(
                blocking.resume_store(store), kinds=kinds, dialog_ids=dialog_ids, timeout=timeout
            )
        )


class _GuestClient(Chat3Client):
    """A client of one user on the connection and in the thread of another client, its host."""

    def __init__(self, client: asynchronous.Chat3Client, loop: LoopThread) -> None:
        self._asynchronous = client
        self._loop = loop

    def close(self) -> None:
        """Close the streams of this client."""
        if not self._loop.closed:
            self._loop.run(self._asynchronous.close())


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

    def as_user(self, user_id: str) -> Chat3Client:
        """Return a client that acts as a user by the API key, as the asynchronous client does.

        It shares the connection and the thread of this client, and works as long as this is open.

        Raises `ValueError` for an empty id.
        """
        return _GuestClient(self._asynchronous.as_user(user_id), self._loop)

    def token_source(
        self, user_id: str, ttl: timedelta = timedelta(hours=1)
    ) -> BlockingTokenSource:
        """Return a source of tokens of one user, for a `Chat3Client` or for an app to call.

        ``ttl`` is the life of each token: 1 minute to 24 hours.
        """

        def source() -> UserToken:
            answer = self.create_user_token(user_id, ttl=ttl)
            return UserToken(answer.token, answer.expire_time)

        return source

    def watch(
        self,
        users: Iterable[str] = (),
        *,
        store: AnyUserStore | None = None,
        heartbeat: timedelta = HEARTBEAT,
    ) -> WatchedUsers:
        """Follow what changes for many users, as the asynchronous client does.

        The methods of ``store`` may be ordinary ones: they are called in another thread.
        """
        kept = None if store is None else blocking.user_store(store)
        stream = self._asynchronous.watch(users, store=kept, heartbeat=heartbeat)
        return WatchedUsers(self._loop, stream)
