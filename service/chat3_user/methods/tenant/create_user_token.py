"""CreateUserToken: a short-lived token with which an app calls as one user."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.validation import fields
from chat3_user.validation.rules import Seconds
from chat3_user.validation.user_ids import normal_user_id

_TTL: Final = timedelta(hours=1)


async def _run(
    dependencies: Dependencies, call: Call, request: pb.CreateUserTokenRequest
) -> pb.CreateUserTokenResponse:
    user = replace(call.identity, user_id=normal_user_id(request.user_id) or "")
    await dependencies.access.prove_reader(user)
    ttl = _TTL if request.ttl is None else request.ttl
    token, expires_at = dependencies.tokens.create(user, int(ttl.total_seconds()))
    return pb.CreateUserTokenResponse(
        token=token, expire_time=datetime.fromtimestamp(expires_at, UTC)
    )


METHOD: Final = Unary(
    request=pb.CreateUserTokenRequest,
    response=pb.CreateUserTokenResponse,
    kind="read",
    rules={
        "user_id": fields.USER_ID,
        "ttl": (Seconds(60, 86_400),),
    },
    run=_run,
)
