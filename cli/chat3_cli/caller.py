"""Asks the service who the caller is."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chat3_api.chat3.tenant.v1 import ListUsersRequest, TenantServiceStub
from chat3_api.chat3.user.v1 import GetMyselfRequest, UserInfo
from chat3_cli.session import ATTEMPTS, Identity, Session

_PARTS_OF_SIGNED = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the service sees it."""

    user: str
    """Empty for a back end."""
    display_name: str
    tenant: str
    """Empty when a token says it, which only the service can read."""
    by_token: bool

    @property
    def in_words(self) -> str:
        """Say it on one line."""
        name = f" ({self.display_name})" if self.display_name not in ("", self.user) else ""
        who = f"user {self.user}{name}" if self.user else "a back end, without a user"
        where = f", tenant {self.tenant}" if self.tenant else ""
        return f"{who}{where}, by {'a token' if self.by_token else 'an API key'}"


async def ask_who(session: Session, identity: Identity, attempts: int = ATTEMPTS) -> Caller:
    """Ask by one call; raise `CallFailedError` when the service does not accept the identity."""
    if identity.user or identity.token:
        request = GetMyselfRequest()
        response = await session.call(session.stub.get_myself, request, attempts)
        user = response.user or UserInfo()
        return Caller(
            user.user_id, user.display_name or "", identity.tenant, by_token=bool(identity.token)
        )
    stub: TenantServiceStub = session.stub_of(ListUsersRequest)
    await session.call(stub.list_users, ListUsersRequest(page_size=1), attempts)
    return Caller("", "", identity.tenant, by_token=False)


def expiry(token: str) -> datetime | None:
    """Read when a signed token ends; nothing for a sealed one, which only the service can read.

    The signature is not checked: the service does that.
    """
    parts = token.split(".")
    if len(parts) != _PARTS_OF_SIGNED:
        return None
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None
