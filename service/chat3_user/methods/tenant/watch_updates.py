"""WatchUpdates: the updates of many users on one stream, who come and go while it runs."""

import asyncio
import random
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Asked, Call
from chat3_user.errors import CallError, reasons
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Bidi
from chat3_user.updates.fanout.lifetime import was_judged
from chat3_user.updates.fanout.watch import Outgoing, Watch
from chat3_user.updates.fanout.watch_responses import refused
from chat3_user.updates.fanout.watch_stream import Silence, watch_responses
from chat3_user.updates.fanout.watching import Batch, UserError, WatchedUsers
from chat3_user.validation import fields
from chat3_user.validation.rules import Each, Items, Seconds
from chat3_user.validation.text_rules import Length
from chat3_user.validation.user_ids import normal_user_id
from chat3_user.validation.watching import NoUserTwice, ToWatch
from chat3_user.wire import Encoded

_SILENCE: Final = timedelta(seconds=30)

_RECHECKED_AT_ONCE: Final = 1000
"""Watched users whose existence is proved at once."""


async def _run(
    dependencies: Dependencies, call: Call, requests: AsyncIterator[Asked]
) -> AsyncGenerator[list[Encoded], None]:
    await dependencies.access.prove_known(call.identity)
    hub = dependencies.hub
    watch = hub.watch(call.send_now, call.identity.api_key)
    users = WatchedUsers(hub, watch, call.identity.tenant_id, dependencies.count_dropped)
    silence = Silence(_SILENCE)
    call.interrupted = watch.ended
    call.slow = lambda: watch.end(reasons.slow_consumer())
    beside = [
        asyncio.create_task(_ending(watch, work), name=name)
        for name, work in (
            (
                "watch-requests",
                partial(_serve, dependencies, call, requests, watch, users, silence),
            ),
            ("watch-recheck", partial(_recheck, dependencies, call, watch, users)),
        )
    ]
    try:
        responses = watch_responses(hub, watch, secrets.token_hex(8), silence, dependencies.streams)
        async with aclosing(responses):
            async for batch in responses:
                yield batch
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        users.close()
        hub.watches.discard(watch)


async def _ending(watch: Watch, work: Callable[[], Awaitable[None]]) -> None:
    """Do ``work`` beside a stream, which ends with what makes it fail."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001 - raised again by the stream
        watch.end(error)


async def _serve(
    dependencies: Dependencies,
    call: Call,
    requests: AsyncIterator[Asked],
    watch: Watch,
    users: WatchedUsers,
    silence: Silence,
) -> None:
    """Answer one request after the other."""
    async for asked in requests:
        request: pb.WatchUpdatesRequest = asked.request
        try:
            if asked.problem is not None:
                raise asked.problem
            await _apply(dependencies, call, request, users)
        except UserError as error:
            _refuse(watch, request, error.error, error.user_id)
        except CallError as error:
            _refuse(watch, request, error, error.metadata.get("user_id", ""))
        else:
            silence.interval = request.heartbeat_interval or silence.interval
        # Whoever reads no answers gets no more requests handled: answers do not pile up.
        await watch.told()


async def _apply(
    dependencies: Dependencies,
    call: Call,
    request: pb.WatchUpdatesRequest,
    users: WatchedUsers,
) -> None:
    """Apply a request that keeps the rules.

    Raises `CallError`, `UserError`.
    """
    batch = Batch(
        request.batch_id,
        {normal_user_id(each.user_id) or "": each.resume_token for each in request.watch},
        frozenset(normal_user_id(user_id) or "" for user_id in request.unwatch),
    )
    tokens = users.check(batch)
    if tokens:
        missing = await dependencies.existing_users.missing(call.identity, tokens, most=1)
        for user_id in missing:
            raise reasons.user_not_found(user_id)
    await users.apply(batch, tokens)


def _refuse(watch: Watch, request: pb.WatchUpdatesRequest, error: CallError, user_id: str) -> None:
    answer = Outgoing(refused(request.batch_id[:64], error, user_id))
    watch.tell(lambda: answer)


async def _recheck(
    dependencies: Dependencies, call: Call, watch: Watch, users: WatchedUsers
) -> None:
    """Prove now and then that the caller may read, and that the watched users exist."""

    async def recheck() -> None:
        await dependencies.access.prove_known(call.identity)
        ids = [watched.user_id for watched in watch.users.values() if watched.opened]
        for start in range(0, len(ids), _RECHECKED_AT_ONCE):
            some = ids[start : start + _RECHECKED_AT_ONCE]
            users.drop_missing(await dependencies.existing_users.missing(call.identity, some))

    while True:
        interval = dependencies.streams.recheck_interval
        await asyncio.sleep(interval * random.uniform(0.8, 1.0))
        await was_judged(recheck())


METHOD: Final = Bidi(
    request=pb.WatchUpdatesRequest,
    response=pb.WatchUpdatesResponse,
    kind="subscribe",
    rules={
        "batch_id": (Length(64),),
        "watch": (Items(1000), Each(ToWatch()), NoUserTwice()),
        "unwatch": (Items(1000), Each(fields.USER)),
        "heartbeat_interval": (Seconds(5, 300),),
    },
    run=_run,
)
