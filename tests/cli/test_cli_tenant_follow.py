"""`chat3 tenant updates follow`: what it prints, and where it goes on."""

from cli_scripted_service import HANG, ScriptedService, established, failure
from cli_vocabulary import Run
from grpclib.const import Status

from chat3_api.chat3.tenant.v1 import SubscribeTenantUpdatesResponse
from chat3_api.chat3.user.v1 import Update, UpdateKind

FOLLOW = ("tenant", "updates", "follow")
BEGIN = SubscribeTenantUpdatesResponse.parse(bytes(established()))


def news(user: str, token: str) -> SubscribeTenantUpdatesResponse:
    update = Update(user_id=user, kind=UpdateKind.USER_CHANGED)
    return SubscribeTenantUpdatesResponse(resume_token=token, update=update)


async def test_updates_are_printed_with_the_user_they_are_for(
    service: ScriptedService, run: Run
) -> None:
    service.streams = [[BEGIN, news("bob", "b2"), HANG]]
    result = await run(*FOLLOW, "--count", "1", "--kind", "user_changed", "--heartbeat", "7")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()][1:] == ["bob"]
    (request,) = service.requests
    assert request.update_kinds == [UpdateKind.USER_CHANGED]
    assert request.heartbeat_interval.total_seconds() == 7


async def test_a_stream_that_breaks_goes_on_where_it_was(
    service: ScriptedService, run: Run
) -> None:
    broken = failure(Status.UNAVAILABLE, "STREAM_MAX_AGE", retry=0.01)
    service.streams = [[BEGIN, news("bob", "b2"), broken], [BEGIN, news("alice", "a9"), HANG]]
    assert (await run(*FOLLOW, "--count", "2")).code == 0
    assert [request.resume_token for request in service.requests] == ["", "b2"]
