"""Asks the service who the caller is."""

from dataclasses import dataclass
from datetime import datetime

from chat3_api.chat3.user.v1 import Credential, UserInfo
from chat3_cli.session import Identity, Session
from chat3_cli.token_end import end_of_signed


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the service sees it."""

    user: str
    """Empty for a back end."""
    display_name: str
    tenant: str
    """Empty when a token says it, which only the service can read."""
    by_token: bool
    token_ends: datetime | None = None
    """Absent for an API key, and where an older service does not say it of a sealed token."""

    @property
    def in_words(self) -> str:
        """Say it on one line."""
        name = f" ({self.display_name})" if self.display_name not in ("", self.user) else ""
        who = f"user {self.user}{name}" if self.user else "a back end, without a user"
        where = f", tenant {self.tenant}" if self.tenant else ""
        return f"{who}{where}, by {'a token' if self.by_token else 'an API key'}"


async def ask_who(session: Session, identity: Identity) -> Caller:
    """Ask by one call; raise `Chat3Error` when the service does not accept the identity."""
    if identity.user or identity.token:
        response = await session.user.get_myself()
        user, credential = response.user or UserInfo(), response.credential or Credential()
        return Caller(
            user.user_id,
            user.display_name or "",
            identity.tenant,
            by_token=bool(identity.token),
            token_ends=credential.expire_time or end_of_signed(identity.token),
        )
    await session.back_end.list_users(page_size=1)
    return Caller("", "", identity.tenant, by_token=False)
