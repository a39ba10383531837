"""`chat3 tenant updates watch`: what it prints, when it goes on, and where."""

import pytest
from cli_scripted_service import HANG, ScriptedService, failure, users_watched
from cli_vocabulary import Run
from grpclib.const import Status

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason, Update, UpdateKind
from chat3_cli import backoff

WATCH = ("tenant", "updates", "watch", "alice", "bob")


def news(user: str, token: str) -> pb.WatchUpdatesResponse:
    update = Update(user_id=user, kind=UpdateKind.USER_CHANGED)
    return pb.WatchUpdatesResponse(user_id=user, resume_token=token, update=update)


async def test_updates_are_printed_with_their_user(service: ScriptedService, run: Run) -> None:
    service.streams = [[*users_watched("alice", "bob"), news("bob", "b2"), HANG]]
    result = await run(*WATCH, "--count", "1", "--heartbeat", "7")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()][1:] == ["bob"]
    (request,) = service.requests
    assert [each.user_id for each in request.watch] == ["alice", "bob"]
    assert request.heartbeat_interval.total_seconds() == 7


async def test_a_stream_that_breaks_goes_on_where_each_user_was(
    service: ScriptedService, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "pause", lambda *_: 0.0)
    begin = users_watched("alice", "bob")
    broken = failure(Status.UNAVAILABLE, "STREAM_MAX_AGE", retry=0.1)
    service.streams = [[*begin, news("bob", "b2"), broken], [*begin, news("alice", "a9"), HANG]]
    assert (await run(*WATCH, "--count", "2")).code == 0
    tokens = {each.user_id: each.resume_token for each in service.requests[1].watch}
    assert tokens == {"alice": "alice-1", "bob": "b2"}


async def test_a_refused_request_is_a_failed_command(service: ScriptedService, run: Run) -> None:
    refused = pb.WatchRefused(
        batch_id="watch",
        reason=ErrorReason.USER_NOT_FOUND,
        message="no such user",
        user_id="bob",
    )
    service.streams = [[users_watched()[0], pb.WatchUpdatesResponse(refused=refused), HANG]]
    result = await run(*WATCH)
    assert result.code != 0
    assert result.err.startswith("error: ERROR_REASON_USER_NOT_FOUND: bob: no such user\n")


async def test_a_dropped_user_is_told(service: ScriptedService, run: Run) -> None:
    dropped = pb.UserDropped(reason=ErrorReason.SLOW_CONSUMER)
    told = pb.WatchUpdatesResponse(user_id="bob", resume_token="b3", dropped=dropped)
    service.streams = [[*users_watched("alice", "bob"), told, news("alice", "a2"), HANG]]
    result = await run(*WATCH, "--count", "1")
    assert "bob dropped: SLOW_CONSUMER" in result.out
