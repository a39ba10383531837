"""Tells a user who does not exist from one who has nothing: the service lists nothing for both."""

from chat3_api.chat3.user.v1 import ErrorReason, GetMyselfRequest
from chat3_cli.failures import CallFailedError
from chat3_cli.hints import HINTS
from chat3_cli.session import Session

_UNKNOWN = ErrorReason.USER_NOT_FOUND


async def unknown_user(session: Session) -> str:
    """Say that the acting user does not exist; empty when the user does, or nobody knows."""
    try:
        await session.call(session.stub.get_myself, GetMyselfRequest(), attempts=1)
    except CallFailedError as error:
        if error.failure.reason == f"ERROR_REASON_{_UNKNOWN.name}":
            user = error.failure.metadata.get("user_id", "")
            return (
                f"the tenant has no user {user!r}, so there is nothing to list: {HINTS[_UNKNOWN]}"
            )
    return ""
