"""The clients without asyncio make the same calls, from any thread, and leave no thread behind."""

import inspect
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from chat3_api.chat3.user import v1 as pb
from chat3_client import Connected, NotAMemberError, Watched
from chat3_client.methods.sync_tenant import SyncTenantMethods
from chat3_client.methods.sync_user import SyncUserMethods
from chat3_client.methods.tenant import TenantMethods
from chat3_client.methods.user import UserMethods
from chat3_client.sync import Chat3Client, TenantClient
from chat3_client.testing import ThreadedTestService, running_service_in_thread
from support.patience import HANGS


@pytest.fixture
def service() -> Iterator[ThreadedTestService]:
    """The real service, in a thread beside the test's."""
    with running_service_in_thread() as running:
        yield running


def loop_threads() -> int:
    """Return how many threads there are with a loop of a client, or of the test's service."""
    return [each.name for each in threading.enumerate()].count("chat3-client")


@contextmanager
def client(service: ThreadedTestService, user: str) -> Iterator[Chat3Client]:
    with Chat3Client.from_environment({**service.environment, "CHAT3_USER": user}) as chat:
        yield chat


def test_calls_pages_and_updates_are_ordinary(service: ThreadedTestService) -> None:
    dialog = service.add_dialog("alice", "bob", title="Both")
    with client(service, "alice") as alice, client(service, "bob") as bob:
        assert [each.title for each in alice.dialogs()] == ["Both"]
        with alice.updates() as updates:
            assert isinstance(next(updates), Connected)
            for number in range(7):
                bob.send_message(dialog, f"{number}")
            first = next(updates)
            assert isinstance(first, pb.Update)
            assert updates.resume_token
            updates.acknowledge()
        assert list(updates) == []
        assert [each.content for each in alice.history(dialog, page_size=3)] == [
            *("6", "5", "4", "3", "2", "1", "0")
        ]


def test_a_failure_is_raised_in_the_calling_thread(service: ThreadedTestService) -> None:
    dialog = service.add_dialog("bob", "carl")
    with client(service, "alice") as alice, pytest.raises(NotAMemberError):
        alice.send_message(dialog, "Hello")


def test_threads_share_a_client(service: ThreadedTestService) -> None:
    dialog = service.add_dialog("alice", "bob")
    with client(service, "alice") as alice, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: alice.send_message(dialog, f"{n}"), range(40)))
        assert sorted(int(each.content) for each in alice.history(dialog)) == list(range(40))


def test_leaving_a_list_and_closing_leave_nothing_behind(service: ThreadedTestService) -> None:
    for _ in range(5):
        service.add_dialog("alice", "bob")
    before = loop_threads()
    with client(service, "alice") as alice:
        for _ in alice.dialogs(page_size=2):
            break
        updates = alice.updates()
        next(updates)
    alice.close()
    assert loop_threads() == before
    with pytest.raises(RuntimeError, match="closed"):
        alice.get_myself()


def test_a_back_end_has_all_of_it_too(service: ThreadedTestService) -> None:
    with TenantClient.from_environment(service.environment) as back_end:
        assert {user.user_id for user in back_end.users()} == {"alice", "bob", "carl"}
        with back_end.updates() as updates:
            assert isinstance(next(updates), Connected)


def test_a_stream_ends_when_another_thread_closes_it(service: ThreadedTestService) -> None:
    with client(service, "alice") as alice, ThreadPoolExecutor(1) as threads:
        updates = alice.updates()
        next(updates)
        rest = threads.submit(list, updates)
        updates.close()
        assert rest.result(timeout=HANGS) == []
    updates.close()


def test_a_back_end_watches_users(service: ThreadedTestService) -> None:
    dialog = service.add_dialog("alice", "bob")
    with service.tenant_client().watch(["alice"]) as watched:
        assert next(watched) == Watched("alice", pb.ResumeOutcome.FRESH)
        watched.watch("bob")
        assert watched.users == ["alice", "bob"]
        watched.unwatch("bob")
        service.client("bob").send_message(dialog, "Hello")
        assert any(isinstance(event, pb.Update) for event in watched)
        watched.acknowledge()


async def test_asyncio_code_is_told_to_use_the_other_client() -> None:
    with Chat3Client(api_key="key", user="alice") as chat:
        with pytest.raises(RuntimeError, match="asynchronous client"):
            chat.get_myself()
        chat._loop.close()


@pytest.mark.parametrize(
    ("asynchronous", "synchronous"),
    [(UserMethods, SyncUserMethods), (TenantMethods, SyncTenantMethods)],
)
def test_every_call_is_there_with_the_same_parameters(
    asynchronous: type, synchronous: type
) -> None:
    def calls(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(each).parameters) for name, each in found}

    assert calls(asynchronous) == calls(synchronous)
