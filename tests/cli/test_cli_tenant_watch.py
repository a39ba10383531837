"""`chat3 tenant updates watch`: what it prints, when it goes on, and where."""

import asyncio
from datetime import timedelta
from typing import Any

from cli_scripted_service import HANG, ScriptedService, failure, users_watched
from cli_vocabulary import Run, Spawn, ended
from grpclib.const import Status

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason, Update, UpdateKind

WATCH = ("tenant", "updates", "watch", "alice", "bob")


def news(user: str, token: str) -> pb.WatchUpdatesResponse:
    update = Update(user_id=user, kind=UpdateKind.USER_CHANGED)
    return pb.WatchUpdatesResponse(user_id=user, resume_token=token, update=update)


def refused(reason: ErrorReason, **more: Any) -> pb.WatchUpdatesResponse:
    return pb.WatchUpdatesResponse(refused=pb.WatchRefused(batch_id="1", reason=reason, **more))


def tokens(asked: pb.WatchUpdatesRequest) -> dict[str, str]:
    return {each.user_id: each.resume_token for each in asked.watch}


async def test_updates_are_printed_with_their_user(service: ScriptedService, run: Run) -> None:
    service.streams = [[*users_watched("alice", "bob"), news("bob", "b2"), HANG]]
    result = await run(*WATCH, "--count", "1", "--heartbeat", "7")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()][1:] == ["bob"]
    first, asked = service.requests
    assert first.heartbeat_interval.total_seconds() == 7
    assert [each.user_id for each in asked.watch] == ["alice", "bob"]


async def test_silence_is_measured_by_the_heartbeat_that_was_asked_for(
    service: ScriptedService, run: Run
) -> None:
    """The stream begins with the service's own, before it has read a request."""
    granted = pb.WatchUpdatesResponse(acknowledged=pb.WatchAcknowledged(batch_id="0"))
    service.streams = [[*users_watched("alice", "bob"), granted, HANG]]
    result = await run(*WATCH, "--no-reconnect", "--heartbeat", "0.1")
    assert result.code == 3
    assert "nothing was heard for 0.2 s" in result.err


async def test_a_stream_that_breaks_goes_on_where_each_user_was(
    service: ScriptedService, spawn: Spawn
) -> None:
    begin, printed = users_watched("alice", "bob"), asyncio.Event()
    broken = failure(Status.UNAVAILABLE, "STREAM_MAX_AGE", retry=0.01)
    service.streams = [
        [*begin, news("bob", "b2"), printed, broken],
        [*begin, news("alice", "a9"), HANG],
    ]
    process = await spawn(*WATCH, "--count", "2")
    assert process.stdout is not None
    await process.stdout.readline()
    assert (await process.stdout.readline()).startswith(b"bob ")
    printed.set()
    assert (await ended(process)).code == 0
    assert [tokens(asked) for asked in service.requests[1::2]] == [
        {"alice": "", "bob": ""},
        {"alice": "alice-1", "bob": "b2"},
    ]


async def test_none_is_enough_once_the_users_are_watched(
    service: ScriptedService, run: Run
) -> None:
    begin, watched = users_watched("alice", "bob")
    # The service acknowledges the request for heartbeats, which names no user.
    service.streams = [[begin, users_watched()[1], watched, HANG]]
    assert (await run(*WATCH, "--count", "0")).code == 0
    assert tokens(service.requests[1]) == {"alice": "", "bob": ""}


async def test_a_refused_request_is_a_failed_command(service: ScriptedService, run: Run) -> None:
    no_user = refused(ErrorReason.USER_NOT_FOUND, message="no such user", user_id="bob")
    service.streams = [[users_watched()[0], no_user, HANG]]
    result = await run(*WATCH)
    assert result.code == 1
    assert result.err.startswith("error: ERROR_REASON_USER_NOT_FOUND: bob: no such user\n")


async def test_a_request_that_can_succeed_later_is_made_again(
    service: ScriptedService, run: Run
) -> None:
    busy = refused(
        ErrorReason.OVERLOADED, message="not now", retry_delay=timedelta(milliseconds=10)
    )
    begin, watched = users_watched("alice", "bob")
    service.streams = [[begin, busy, watched, news("alice", "a2"), HANG]]
    result = await run(*WATCH, "--count", "1")
    assert result.code == 0
    assert result.err == "warning: ERROR_REASON_OVERLOADED: not now\n"
    assert len(service.requests) == 3


async def test_a_user_who_is_dropped_for_slowness_is_told_and_watched_again(
    service: ScriptedService, run: Run
) -> None:
    dropped = pb.UserDropped(reason=ErrorReason.SLOW_CONSUMER)
    told = pb.WatchUpdatesResponse(user_id="bob", resume_token="b3", dropped=dropped)
    begin, watched = users_watched("alice", "bob")
    again = users_watched("bob")[1]
    service.streams = [[begin, watched, told, again, news("bob", "b4"), HANG]]
    result = await run(*WATCH, "--count", "1")
    assert "bob dropped: SLOW_CONSUMER" in result.out
    assert tokens(service.requests[-1]) == {"bob": "b3"}
