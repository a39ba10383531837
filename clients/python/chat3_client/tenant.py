"""The client of a tenant's back end."""

import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, Self

from chat3_api.chat3.tenant.v1 import SubscribeTenantUpdatesRequest, TenantServiceStub
from chat3_api.chat3.user.v1 import UpdateKind
from chat3_client.address import DEFAULT_ADDRESS
from chat3_client.calls import DEFAULT_TIMEOUT
from chat3_client.client import Chat3Client, GuestClient, OpenClient
from chat3_client.environment import DEFAULT_TENANT, back_end_settings
from chat3_client.hooks import Hook
from chat3_client.identity import ApiKey, TokenSource, UserToken
from chat3_client.methods.tenant import TenantMethods
from chat3_client.retry import RetryPolicy
from chat3_client.updates.following import HEARTBEAT, StreamKind, UpdateStream
from chat3_client.updates.resume import ResumeStore
from chat3_client.updates.watch_events import UserStore
from chat3_client.updates.watching import WatchedUsers

_TENANT_STREAM: Final = StreamKind(
    "chat3.tenant.v1.TenantService/SubscribeTenantUpdates",
    TenantServiceStub,
    TenantServiceStub.subscribe_tenant_updates,
    SubscribeTenantUpdatesRequest,
)


class TenantClient(TenantMethods, OpenClient):
    """Chat3 as a tenant's back end sees it: it acts for nobody and sees the whole tenant.

    ``timeout`` bounds a call with all its attempts, in seconds. Raises `ValueError` for an address
    or a key that cannot be one; nothing is sent before the first call.
    """

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
        self._key = ApiKey(api_key, tenant)
        super().__init__(address, self._key, tls, timeout, retry, hooks)

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, *, hooks: Sequence[Hook] = ()
    ) -> Self:
        """Make a client from `CHAT3_ADDRESS`, `CHAT3_TENANT`, `CHAT3_API_KEY` and `CHAT3_TLS`.

        Raises `ValueError` that names what is missing.
        """
        return cls(**back_end_settings(environ), hooks=hooks)

    def as_user(self, user_id: str) -> Chat3Client:
        """Return a client that acts as a user by the API key, on the connection of this client.

        It costs nothing: make one for each request if you like. Each stream that it opens has a
        connection of its own. It works as long as this client is open.

        Raises `ValueError` for an empty id.
        """
        if not user_id:
            raise ValueError("a user is needed: an empty id is nobody's")
        calls = self._calls.in_name_of(replace(self._key, user=user_id))
        return GuestClient(self, calls, user_id)

    def token_source(self, user_id: str, ttl: timedelta = timedelta(hours=1)) -> TokenSource:
        """Return a source of tokens of one user, for a `Chat3Client` or for an app to call.

        ``ttl`` is the life of each token: 1 minute to 24 hours.
        """

        async def source() -> UserToken:
            answer = await self.create_user_token(user_id, ttl=ttl)
            return UserToken(answer.token, answer.expire_time)

        return source

    def updates(
        self,
        store: ResumeStore | None = None,
        *,
        kinds: Iterable[UpdateKind] = (),
        dialog_ids: Iterable[str] = (),
        heartbeat: timedelta = HEARTBEAT,
    ) -> UpdateStream:
        """Follow what changes for all users of the tenant; `Update.user_id` says for whom.

        User and `update_id` together name an update. All else is as in `Chat3Client.updates`.
        """
        return self._stream(_TENANT_STREAM, store, kinds, dialog_ids, heartbeat)

    def watch(
        self,
        users: Iterable[str] = (),
        *,
        store: UserStore | None = None,
        heartbeat: timedelta = HEARTBEAT,
    ) -> WatchedUsers:
        """Follow what changes for many users on one stream; users come and go while it is open.

        ``store`` keeps a resume token for each user.
        """
        stream = WatchedUsers(
            self._calls, users, store=store, heartbeat=heartbeat, closed=self._ended
        )
        self._begun(stream)
        return stream
