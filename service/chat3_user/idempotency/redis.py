"""The store in Redis: the workers of all machines share it.

Each step is one script, so nothing comes between its parts, and Redis' own clock counts. A step
that was cut off is repeated: that does no harm. Redis started with an empty memory is noticed by
its missing birthday: until the birthday is as old as keys are kept, what is not found is in doubt.
"""

import asyncio
import logging
from collections.abc import Awaitable
from functools import partial
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from chat3_user.idempotency.scripts import ABANDON, CLAIM, FINISH, FORGET, RELEASE, RENEW
from chat3_user.idempotency.settings import Times
from chat3_user.idempotency.store import (
    Attempt,
    Busy,
    Claim,
    Doubt,
    Finished,
    Held,
    Reused,
    StoreUnavailableError,
)
from chat3_user.logs.words import described
from chat3_user.shared_redis import RedisSettings, connection_pool, problem_of

log = logging.getLogger(__name__)

_PREFIX: Final = b"chat3:idempotency:"
_BIRTHDAY: Final = b"chat3:idempotency"
_CHECK: Final = _PREFIX + b"check"
_CHECK_KEPT: Final = 60
"""Seconds."""
_CONNECTIONS: Final = 32


class RedisStore:
    """Keeps keys in a Redis, or in the primary that Sentinels name.

    The timeout of ``settings`` bounds the wait for a connection and for each answer.
    """

    def __init__(self, settings: RedisSettings, times: Times, *, ca_file: str = "") -> None:
        self._pool = connection_pool(settings, connections=_CONNECTIONS, ca_file=ca_file)
        self._redis: Redis = Redis(connection_pool=self._pool)
        self._replicas = settings.replicas
        # Shorter than the wait for an answer, which says nothing.
        self._replicas_within = round(settings.timeout * 500)
        self._steps: set[asyncio.Future[Any]] = set()
        self._claim = self._redis.register_script(CLAIM)
        self._renew = self._redis.register_script(RENEW)
        self._finish = self._redis.register_script(FINISH)
        self._release = self._redis.register_script(RELEASE)
        self._forget = self._redis.register_script(FORGET)
        self._abandon = self._redis.register_script(ABANDON)
        self._lease, self._settle, self._retention = (
            str(round(seconds * 1000)) for seconds in (times.lease, times.settle, times.retention)
        )

    async def open(self) -> None:
        """Look at Redis once; one that cannot be reached yet is no reason not to start."""
        try:
            settings = await self._redis.config_get("maxmemory-policy")
        except (RedisError, OSError) as error:
            log.warning("the idempotency store cannot be asked", extra={"problem": error})
            return
        policy = str(settings.get("maxmemory-policy", "noeviction"))
        if policy != "noeviction":
            log.warning(
                "Redis may forget idempotency keys: set maxmemory-policy to noeviction",
                extra={"policy": policy},
            )

    async def close(self) -> None:
        """Finish what was begun and close the connections."""
        if self._steps:
            await asyncio.wait(self._steps)
        await self._pool.aclose()

    async def check(self) -> None:
        """See `Store.check`; too few replicas refuse keys, too."""
        kept = await self._step(self._checked())
        if kept < self._replicas:
            raise self._too_few(kept)

    async def _checked(self) -> int:
        """Write; return how many replicas have it."""
        async with self._redis.pipeline(transaction=False) as both:
            both.set(_CHECK, b"", ex=_CHECK_KEPT)
            if self._replicas:
                both.wait(self._replicas, self._replicas_within)
            answers = await both.execute()
        return int(answers[1]) if self._replicas else 0

    def _too_few(self, kept: int) -> StoreUnavailableError:
        text = f"{kept} replicas have the key, not {self._replicas}"
        return StoreUnavailableError(text, "unwritable")

    async def claim(self, attempt: Attempt) -> Claim:
        """See `Store.claim`.

        Where replicas have to have the key, one that too few of them have is let go again. No other
        step waits for them: what a failover loses of it leaves the attempt in doubt, and no worse.
        """
        found, kept = await self._run(
            partial(self._and_replicas, self._claim),
            attempt,
            self._lease,
            self._settle,
            self._retention,
            birthday=True,
        )
        if found[0] == b"held" and kept < self._replicas:
            await self._run(self._release, attempt)
            raise self._too_few(kept)
        match found:
            case [b"held"]:
                return Held()
            case [b"held", oldest, settles_in]:
                return Held(Doubt(oldest / 1000, settles_in / 1000))
            case [b"held", oldest, settles_in, age]:
                return Held(Doubt(oldest / 1000, settles_in / 1000, age / 1000))
            case [b"finished", answer]:
                return Finished(cast("bytes", answer))
            case [b"reused"]:
                return Reused()
        return Busy()

    async def renew(self, attempt: Attempt) -> bool:
        """See `Store.renew`."""
        found = await self._run(self._renew, attempt, self._lease, self._retention)
        return bool(found)

    async def finish(self, attempt: Attempt, answer: bytes) -> bool:
        """See `Store.finish`."""
        return bool(await self._run(self._finish, attempt, self._retention, answer))

    async def release(self, attempt: Attempt) -> None:
        """See `Store.release`."""
        await self._run(self._release, attempt)

    async def forget(self, attempt: Attempt) -> None:
        """See `Store.forget`."""
        await self._run(self._forget, attempt)

    async def abandon(self, attempt: Attempt, sent_ago: float) -> None:
        """See `Store.abandon`."""
        await self._run(self._abandon, attempt, str(round(sent_ago * 1000)))

    async def _run(
        self, script: Any, attempt: Attempt, *arguments: str | bytes, birthday: bool = False
    ) -> Any:
        keys = [_PREFIX + attempt.scope.hex().encode()]
        if birthday:
            keys.append(_BIRTHDAY)
        return await self._step(
            script(keys=keys, args=[attempt.owner, attempt.request, *arguments])
        )

    async def _step(self, command: Awaitable[Any]) -> Any:
        # In a task of its own, for a cancelled call must not take a connection of the pool along.
        # The client's timeouts bound it.
        step = asyncio.ensure_future(command)
        self._steps.add(step)
        step.add_done_callback(self._done)
        try:
            return await asyncio.shield(step)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(described(error), problem_of(error)) from error

    async def _and_replicas(
        self, script: AsyncScript, keys: list[bytes], args: list[str | bytes]
    ) -> tuple[Any, int]:
        """Run a script; return what it does, and how many replicas have all of it."""
        if not self._replicas:
            return await script(keys=keys, args=args), 0
        # Both on one connection: Redis waits for the writes of the connection that asks.
        async with self._redis.pipeline(transaction=False) as both:
            await script(keys=keys, args=args, client=both)
            both.wait(self._replicas, self._replicas_within)
            found, kept = await both.execute()
        return found, kept

    def _done(self, step: "asyncio.Future[Any]") -> None:
        self._steps.discard(step)
        if not step.cancelled():
            # Somebody has to look at it, and the call may be gone.
            step.exception()
