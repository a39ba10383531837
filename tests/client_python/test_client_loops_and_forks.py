"""A client works in one event loop after the other, and in processes that were forked."""

import asyncio
import gc
import pickle
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest
from grpclib.const import Status

from chat3_client import (
    Chat3Client,
    Chat3Error,
    SignInRequiredError,
    TokenSourceError,
)
from chat3_client.failures import Failure, FieldViolation, error_of
from chat3_client.loop_thread import LoopThread
from chat3_client.testing import ThreadedTestService, running_service_in_thread
from support.patience import HANGS


@pytest.fixture
def service() -> Iterator[ThreadedTestService]:
    """The real service, in a thread beside the test's."""
    with running_service_in_thread() as running:
        yield running


def options(service: ThreadedTestService) -> dict[str, str]:
    return {"api_key": service.api_key, "tenant": service.tenant, "user": "alice"}


def test_a_client_goes_on_in_the_next_event_loop(service: ThreadedTestService) -> None:
    """Django and Celery run one loop for each view or task."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the first loop left its connection open
        chat = Chat3Client(service.address, **options(service))

        async def called_and_closed() -> None:
            await chat.get_myself()
            await chat.close()

        asyncio.run(_myself(chat))
        asyncio.run(called_and_closed())
        gc.collect()


async def _myself(chat: Chat3Client) -> None:
    await chat.get_myself()


def test_two_loops_at_once_are_told_to_have_a_client_each(service: ThreadedTestService) -> None:
    async def two() -> None:
        async with Chat3Client(service.address, **options(service)) as chat:
            await chat.get_myself()
            with pytest.raises(RuntimeError, match="make one for each loop"):
                await asyncio.to_thread(asyncio.run, _myself(chat))
            await chat.get_myself()

    asyncio.run(two())


FORKING = """
import os, signal
from chat3_client.sync import Chat3Client

chat = Chat3Client.from_environment()
chat.get_myself()
for number in range(2):
    child = os.fork()
    if not child:
        signal.alarm(20)
        print(number, chat.get_myself().user.user_id, flush=True)
        chat.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print("parent", chat.get_myself().user.user_id)
chat.close()
"""


def test_a_client_works_in_processes_that_were_forked(service: ThreadedTestService) -> None:
    """A server that loads the application first forks its workers with the client in it."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKING],
        env={**service.environment, "CHAT3_USER": "alice"},
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    assert ended.stdout.splitlines() == ["0 alice", "1 alice", "parent alice"], ended.stderr


def test_a_client_that_is_not_used_has_no_thread() -> None:
    before = threading.active_count()
    loop = LoopThread()
    assert threading.active_count() == before
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.run(asyncio.sleep(0))


def test_who_waits_for_a_client_that_is_closed_hears_of_it() -> None:
    loop = LoopThread()
    begun, failures = threading.Event(), []

    async def endless() -> None:
        begun.set()
        await asyncio.Event().wait()

    def wait() -> None:
        try:
            loop.run(endless())
        except RuntimeError as error:
            failures.append(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    begun.wait(HANGS)
    loop.close()
    waiting.join(HANGS)
    assert failures == ["the client was closed"]


@pytest.mark.parametrize(
    "error",
    [
        error_of(
            Failure(
                Status.PERMISSION_DENIED,
                "no",
                "ERROR_REASON_NOT_A_MEMBER",
                metadata={"dialog_id": "dlg_1"},
                violations=(FieldViolation("dialog_id", "a rule"),),
            )
        ),
        SignInRequiredError("again"),
        TokenSourceError(Failure(Status.UNAVAILABLE, "no token", sent=False)),
    ],
)
def test_a_failure_gets_from_one_process_to_another(error: Chat3Error) -> None:
    error.idempotency_key, error.attempts = "mine", 3
    found = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(found) is type(error)
    assert (found.failure, str(found)) == (error.failure, str(error))
    assert (found.idempotency_key, found.attempts) == ("mine", 3)
