"""The Python client of the Chat3 User Service.

`Chat3Client` is a user, `TenantClient` a tenant's back end; `chat3_client.sync` has both for code
without asyncio. The messages of the contract are those of `chat3_api`; `Update`, which streams hand
out, is here as well.
"""

from chat3_api.chat3.user.v1 import Update
from chat3_client.address import tls_context
from chat3_client.answers import replayed, request_id, trailers_of
from chat3_client.calls import Procedure
from chat3_client.client import Chat3Client
from chat3_client.failures import (
    AlreadyExistsError,
    Chat3Error,
    DeadlineError,
    FieldViolation,
    IdempotencyKeyReusedError,
    InvalidFieldError,
    InvalidRequestError,
    LimitedError,
    NotAMemberError,
    NotFoundError,
    NotSupportedError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PreconditionError,
    ResumeTokenRefusedError,
    ServiceError,
    SignInRequiredError,
    TokenRefusedError,
    TokenSourceError,
    UnauthenticatedError,
    UnavailableError,
    UnreachableError,
)
from chat3_client.hooks import Attempt, Hook
from chat3_client.identity import TokenSource, UserToken
from chat3_client.pages import Pages
from chat3_client.retry import RetryPolicy
from chat3_client.store.live import LiveStore
from chat3_client.store.local_store import LocalStore
from chat3_client.store.reads import Read, ReadDialog, ReadHistory, ReadMessage
from chat3_client.tenant import TenantClient
from chat3_client.updates.events import (
    Connected,
    ConnectionState,
    Disconnected,
    Event,
    Gap,
    StateChanged,
)
from chat3_client.updates.following import UpdateStream
from chat3_client.updates.resume import FileStore, MemoryStore, ResumeStore
from chat3_client.updates.watch_events import (
    FolderStore,
    MemoryUserStore,
    Unwatched,
    UserStore,
    Watched,
    WatchEvent,
)
from chat3_client.updates.watching import WatchedUsers
from chat3_client.values import data

__all__ = [
    "AlreadyExistsError",
    "Attempt",
    "Chat3Client",
    "Chat3Error",
    "Connected",
    "ConnectionState",
    "DeadlineError",
    "Disconnected",
    "Event",
    "FieldViolation",
    "FileStore",
    "FolderStore",
    "Gap",
    "Hook",
    "IdempotencyKeyReusedError",
    "InvalidFieldError",
    "InvalidRequestError",
    "LimitedError",
    "LiveStore",
    "LocalStore",
    "MemoryStore",
    "MemoryUserStore",
    "NotAMemberError",
    "NotFoundError",
    "NotSupportedError",
    "OutcomeUnknownError",
    "Pages",
    "PermissionDeniedError",
    "PreconditionError",
    "Procedure",
    "Read",
    "ReadDialog",
    "ReadHistory",
    "ReadMessage",
    "ResumeStore",
    "ResumeTokenRefusedError",
    "RetryPolicy",
    "ServiceError",
    "SignInRequiredError",
    "StateChanged",
    "TenantClient",
    "TokenRefusedError",
    "TokenSource",
    "TokenSourceError",
    "UnauthenticatedError",
    "UnavailableError",
    "UnreachableError",
    "Unwatched",
    "Update",
    "UpdateStream",
    "UserStore",
    "UserToken",
    "WatchEvent",
    "Watched",
    "WatchedUsers",
    "data",
    "replayed",
    "request_id",
    "tls_context",
    "trailers_of",
]
