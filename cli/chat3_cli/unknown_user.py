"""Tells a user who does not exist from one who has nothing: the service lists nothing for both."""

from chat3_api.chat3.user.v1 import ErrorReason, GetMyselfRequest, UserServiceStub
from chat3_cli.hints import HINTS
from chat3_cli.session import ONCE, Session, procedure
from chat3_client import Chat3Error

_UNKNOWN = ErrorReason.USER_NOT_FOUND
_MYSELF = procedure(UserServiceStub.get_myself, GetMyselfRequest)


async def unknown_user(session: Session) -> str:
    """Say that the acting user does not exist; empty when the user does, or nobody knows."""
    try:
        await session.call(_MYSELF, GetMyselfRequest(), retry=ONCE)
    except Chat3Error as error:
        if error.reason == f"ERROR_REASON_{_UNKNOWN.name}":
            user = error.metadata.get("user_id", "")
            return (
                f"the tenant has no user {user!r}, so there is nothing to list: {HINTS[_UNKNOWN]}"
            )
    return ""
