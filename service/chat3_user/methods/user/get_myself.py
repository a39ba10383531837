"""GetMyself: the calling user, with counters, and what the call is made with."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.calls.proof import Proof
from chat3_user.mapping.basics import user_info
from chat3_user.mapping.counters import user_stats
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood


async def _run(
    dependencies: Dependencies, call: Call, _: pb.GetMyselfRequest
) -> pb.GetMyselfResponse:
    user = await dependencies.users.known(call.identity, call.identity.user_id)
    with understood(routes.USER):
        return pb.GetMyselfResponse(
            user=user_info(user),
            stats=user_stats(user.stats),
            credential=_credential(call.proof),
        )


def _credential(proof: Proof) -> pb.Credential:
    ends = proof.expire_time
    kind = pb.CredentialKind.API_KEY if ends is None else pb.CredentialKind.USER_TOKEN
    return pb.Credential(kind=kind, expire_time=ends)


METHOD: Final = Unary(
    request=pb.GetMyselfRequest,
    response=pb.GetMyselfResponse,
    kind="read",
    rules={},
    run=_run,
)
