"""The clients without asyncio make the same calls, from any thread, and leave no thread behind."""

import asyncio
import inspect
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest

import chat3_client
from chat3_api.chat3.user import v1 as pb
from chat3_client import Connected, NotAMemberError, UserToken, Watched
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
        assert isinstance(next(watched), Connected)
        assert next(watched) == Watched("alice", pb.ResumeOutcome.FRESH)
        watched.watch("bob")
        assert watched.users == ["alice", "bob"]
        watched.unwatch("bob")
        service.client("bob").send_message(dialog, "Hello")
        assert any(isinstance(event, pb.Update) for event in watched)
        watched.acknowledge()


def test_a_back_end_acts_for_its_users(service: ThreadedTestService) -> None:
    dialog = service.add_dialog("alice", "bob")
    before = loop_threads()
    with service.tenant_client() as back_end:
        alice, bob = back_end.as_user("Alice"), back_end.as_user("bob")
        assert (alice.user, bob.user) == ("alice", "bob")
        with alice, alice.updates() as updates:
            assert isinstance(next(updates), Connected)
            bob.send_message(dialog, "Hello")
            update = next(updates)
            assert isinstance(update, pb.Update)
            assert (update.user_id, update.dialog_id) == ("alice", dialog)
            assert loop_threads() == before + 1
        # What was closed is the guest: the host and its other guests go on.
        assert bob.get_myself().user is not None
        with pytest.raises(ValueError, match="nobody"):
            back_end.as_user("")
    bob.close()
    assert loop_threads() == before


def test_a_list_can_be_read_in_part_or_page_by_page(service: ThreadedTestService) -> None:
    for _ in range(5):
        service.add_dialog("alice", "bob")
    with client(service, "alice") as alice:
        assert len(alice.dialogs().first(3)) == 3
        assert [len(page.dialogs) for page in alice.dialogs(page_size=2).pages()] == [2, 2, 1]
        dialogs = alice.dialogs(page_size=2)
        assert next(dialogs).dialog_id not in {each.dialog_id for each in dialogs}


class PlainTokens:
    """Stores of both kinds, with ordinary methods that may not be called in an event loop."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def load(self, user_id: str = "") -> str:
        self._called_in_no_loop()
        return self.kept.get(user_id, "")

    def save(self, *place: str) -> None:
        self._called_in_no_loop()
        *user_id, token = place
        self.kept["".join(user_id)] = token

    @staticmethod
    def _called_in_no_loop() -> None:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()


def test_stores_have_ordinary_methods(service: ThreadedTestService) -> None:
    dialog, tokens = service.add_dialog("alice", "bob"), PlainTokens()
    back_end = service.tenant_client()
    alice, bob = back_end.as_user("alice"), back_end.as_user("bob")
    for outcome in (pb.ResumeOutcome.FRESH, pb.ResumeOutcome.RESUMED):
        with alice.updates(tokens) as updates, back_end.watch(["bob"], store=tokens) as watched:
            connected = next(updates)
            assert isinstance(connected, Connected)
            assert connected.outcome is outcome
            assert next(event for event in watched if isinstance(event, Watched)).outcome is outcome
            bob.send_message(dialog, "Hello")
            for stream in (updates, watched):
                assert any(isinstance(event, pb.Update) for event in stream)
                stream.acknowledge()
    bob.send_message(dialog, "missed")
    assert any(
        each.message_created for each in alice.missed_updates(tokens) if isinstance(each, pb.Update)
    )


def test_a_token_source_is_an_ordinary_function(service: ThreadedTestService) -> None:
    """Those of a back end are; one that is a coroutine function works as well."""
    source = service.tenant_client().token_source("alice", ttl=timedelta(minutes=5))
    asked = 0

    def plain() -> UserToken:
        nonlocal asked
        asked += 1
        return source()

    async def coroutine() -> UserToken:
        return await asyncio.to_thread(source)

    for each in (plain, coroutine):
        with Chat3Client(service.address, token=each) as alice:
            myself = alice.get_myself().user
            assert myself is not None
            assert myself.user_id == "alice"
    assert asked == 1


def public(offered: object) -> dict[str, list[str]]:
    """Return the public names of an object, with the parameters of its methods."""
    names = [name for name in dir(offered) if not name.startswith("_")]
    found = {name: getattr(offered, name) for name in names}
    return {
        name: list(inspect.signature(each).parameters) if inspect.ismethod(each) else []
        for name, each in found.items()
    }


def test_what_the_clients_and_streams_offer_is_the_same() -> None:
    """All of it is made without I/O."""
    offered, ordinary = (
        {"user": user, "back end": back_end, "updates": user.updates(), "pages": user.dialogs()}
        | {"tenant's updates": back_end.updates(), "watched users": back_end.watch()}
        for user, back_end in (
            (
                chat3_client.Chat3Client(api_key="key", user="alice"),
                chat3_client.TenantClient(api_key="key"),
            ),
            (Chat3Client(api_key="key", user="alice"), TenantClient(api_key="key")),
        )
    )
    assert {name: public(each) for name, each in ordinary.items()} == {
        name: {key: of for key, of in public(each).items() if key != "aclose"}  # `contextlib`'s
        for name, each in offered.items()
    }


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
