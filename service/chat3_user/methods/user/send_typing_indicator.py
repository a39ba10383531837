"""SendTypingIndicator: a sign that the calling user types."""

import secrets
from collections.abc import Mapping
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
        shown_ms = await _signal(dependencies, call, request)
    except DuplicateGuardError:
        shown_ms = await _repeated(dependencies, call, request)
    return pb.SendTypingIndicatorResponse(expires_in=timedelta(milliseconds=shown_ms))


async def _signal(
    dependencies: Dependencies,
    call: Call,
    request: pb.SendTypingIndicatorRequest,
    query: Mapping[str, str] | None = None,
) -> int:
    """Signal, and return for how many milliseconds it is shown.

    Raises `CallError`.
    """
    try:
        accepted = await dependencies.api.call(
            routes.TYPING, call.identity, query=query, dialog_id=request.dialog_id
        )
    except DuplicateGuardError:
        raise
    except CallError as error:
        raise await dependencies.access.named(error, call.identity, request.dialog_id) from error
    return accepted.data.expires_in_ms


async def _repeated(
    dependencies: Dependencies, call: Call, request: pb.SendTypingIndicatorRequest
) -> int:
    """Prove that the caller may signal, and return for how many milliseconds a signal is shown.

    tenant-api's guard comes before it looks at the key: what was repeated can be a call that was
    refused, or another key's. A key that may not read cannot prove membership by reading: it
    signals again, by a query that makes the request unlike the first.

    Raises `CallError`.
    """
    try:
        await dependencies.access.prove_member(call.identity, request.dialog_id)
    except CallError as error:
        if error.reason is not pb.ErrorReason.PERMISSION_MISSING:
            raise
        return await _signal(dependencies, call, request, {"again": secrets.token_hex(8)})
    await dependencies.access.prove_writer(call.identity)
    return _SHOWN_MS


METHOD: Final = Unary(
    request=pb.SendTypingIndicatorRequest,
    response=pb.SendTypingIndicatorResponse,
    kind="typing",
    rules={"dialog_id": fields.DIALOG_ID},
    run=_run,
)
