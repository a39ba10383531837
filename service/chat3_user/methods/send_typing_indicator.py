"""SendTypingIndicator: a sign that the calling user types."""

from datetime import timedelta
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.errors import CallError
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import DuplicateGuardError, routes
from chat3_user.validation import fields

_SHOWN_MS: Final = 5000
"""For how long tenant-api shows a typing signal, when it does not say."""


async def _run(
    dependencies: Dependencies, call: Call, request: pb.SendTypingIndicatorRequest
) -> pb.SendTypingIndicatorResponse:
    """Signal typing; a repetition within tenant-api's guard is as good as done."""
    try:
        accepted = await dependencies.api.call(
            routes.TYPING, call.identity, dialog_id=request.dialog_id
        )
    except DuplicateGuardError:
        shown_ms = _SHOWN_MS
    except CallError as error:
        raise await dependencies.access.named(error, call.identity, request.dialog_id) from error
    else:
        shown_ms = accepted.data.expires_in_ms
    return pb.SendTypingIndicatorResponse(expires_in=timedelta(milliseconds=shown_ms))


METHOD: Final = Unary(
    request=pb.SendTypingIndicatorRequest,
    response=pb.SendTypingIndicatorResponse,
    kind="typing",
    rules={"dialog_id": fields.DIALOG_ID},
    run=_run,
)
