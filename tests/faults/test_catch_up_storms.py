"""What catching up by calls costs, and that a crowd of phones is a burden to nobody."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
import pytest
from faults_services import most_read, progress_meanwhile, read_of_the_log, service

from support.faults.history import Address
from support.faults.stage import Stage
from support.faults.wire import LIST_UPDATES, message_class
from support.gateway import KEY, TENANT
from support.patience import HANGS

PHONES = 1000
USERS = 500
MISSED = 5000
CONNECTIONS = 20


class Crowd:
    """Phones that wake up together, over a few connections."""

    def __init__(self, channels: list[Any]) -> None:
        self._calls = [
            channel.unary_unary(
                LIST_UPDATES,
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=message_class("ListUpdatesResponse").FromString,
            )
            for channel in channels
        ]

    async def asks(self, number: int, token: str = "", size: int = 0) -> Any:
        """Ask for the user of a phone."""
        request = message_class("ListUpdatesRequest")(resume_token=token, page_size=size)
        metadata = (
            ("x-api-key", KEY),
            ("x-tenant-id", TENANT),
            ("x-user-id", user_of(number)),
        )
        call = self._calls[number % len(self._calls)]
        return await call(request, metadata=metadata, timeout=4 * HANGS)


def user_of(number: int) -> str:
    return f"phone{number % USERS}"


async def crowd(stack: AsyncExitStack, port: int) -> Crowd:
    channels = [
        await stack.enter_async_context(
            grpc.aio.insecure_channel(
                f"127.0.0.1:{port}", options=(("grpc.use_local_subchannel_pool", 1),)
            )
        )
        for _ in range(CONNECTIONS)
    ]
    return Crowd(channels)


@pytest.mark.timeout(600)
async def test_a_thousand_catch_ups_cost_one_read(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two phones of each of 500 users wake up on a worker that knows none of them."""
    for number in range(USERS):
        stage.upstream.store.add_user(TENANT, user_of(number))
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(service(stage))
        before = await crowd(stack, first.grpc_port)
        presents = await asyncio.gather(*(before.asks(number) for number in range(USERS)))
        tokens = [present.next_resume_token for present in presents]
        addresses = [Address(TENANT, user_of(number)) for number in range(USERS)]
        published = await asyncio.gather(
            *(stage.scene.publish(MISSED // USERS, address) for address in addresses)
        )
        second = await stack.enter_async_context(service(stage, calls_max=2 * PHONES))
        phones = await crowd(stack, second.grpc_port)
        began, used = time.monotonic(), time.process_time()
        answers = await asyncio.gather(
            *(phones.asks(number, tokens[number % USERS]) for number in range(PHONES))
        )
        took, used = time.monotonic() - began, time.process_time() - used
        read = read_of_the_log(second)
        with capsys.disabled():
            print(
                f"\n{PHONES} catch-ups of {MISSED} updates: {took:.1f} s, {used:.1f} s CPU with"
                f" clients and platform, {read} entries of the log read"
            )
        for number, answer in enumerate(answers):
            got = [update.update_id for update in answer.updates]
            assert got == published[number % USERS]
            assert not answer.has_more
            assert not answer.HasField("gap")
        assert MISSED <= read <= await most_read(second, MISSED)


@pytest.mark.timeout(600)
async def test_a_user_who_missed_much_costs_one_read_and_a_page_at_a_time(stage: Stage) -> None:
    """Pages of one update each would be 5,000 reads otherwise."""
    stage.upstream.store.add_user(TENANT, user_of(0))
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(service(stage))
        phones = await crowd(stack, made.grpc_port)
        token = (await phones.asks(0)).next_resume_token
        for _ in range(MISSED // 500):
            await stage.scene.burst(500, Address(TENANT, user_of(0)))
        got: set[str] = set()
        more = True
        while more:
            size = 1 if len(got) < 1000 else 1000
            answer = await phones.asks(0, token, size)
            token, more = answer.next_resume_token, answer.has_more
            for update in answer.updates:
                assert update.update_id not in got
                got.add(update.update_id)
        assert len(got) == MISSED
        # All once, and the rest behind the last page that what was read could fill, once more.
        assert read_of_the_log(made) <= 1000 + await most_read(made, MISSED)


@pytest.mark.timeout(600)
async def test_live_updates_are_not_delayed_by_catch_ups(stage: Stage) -> None:
    """While phones page through 5,000 updates, another user's arrive as ever."""
    stage.upstream.store.add_user(TENANT, user_of(0))
    bob = Address(TENANT, "bob")
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(service(stage))
        live = await stage.scene.listener(made.grpc_port, bob)
        phones = await crowd(stack, made.grpc_port)
        token = (await phones.asks(0)).next_resume_token
        for _ in range(MISSED // 500):
            await stage.scene.burst(500, Address(TENANT, user_of(0)))

        caught_up = 0

        async def catches_up(at: str) -> int:
            nonlocal caught_up
            count, more = 0, True
            while more:
                answer = await phones.asks(0, at, 100)
                at, more = answer.next_resume_token, answer.has_more
                count += len(answer.updates)
                caught_up += len(answer.updates)
            return count

        catching_up = [asyncio.create_task(catches_up(token)) for _ in range(10)]
        meanwhile = await progress_meanwhile(
            lambda: read_of_the_log(made) + caught_up,
            lambda: all(task.done() for task in catching_up),
            stage.scene,
            live,
        )
        assert [task.result() for task in catching_up] == [MISSED] * 10
        assert max(meanwhile) < MISSED / 2, meanwhile
        await stage.scene.nothing_was_lost()
