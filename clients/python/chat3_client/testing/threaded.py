"""The service for tests without asyncio: it runs in a thread beside them."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from chat3_client import sync
from chat3_client.loop_thread import LoopThread
from chat3_client.testing.service import USERS, TestService, running_service


class ThreadedTestService:
    """A service that runs in another thread; its clients are closed at its end."""

    __test__ = False  # not a test class, whatever pytest makes of its name

    def __init__(self, service: TestService, loop: LoopThread, stack: ExitStack) -> None:
        self.address = service.address
        self.tenant = service.tenant
        self.api_key = service.api_key
        self.read_only_key = service.read_only_key
        self.environment = service.environment
        self._service = service
        self._loop = loop
        self._stack = stack

    def client(self, user: str, **options: Any) -> sync.Chat3Client:
        """Make a client of one user; ``options`` are those of `Chat3Client`."""
        given = {"api_key": self.api_key, "tenant": self.tenant, "user": user, **options}
        return self._stack.enter_context(sync.Chat3Client(self.address, **given))

    def tenant_client(self, **options: Any) -> sync.TenantClient:
        """Make a client of the back end; ``options`` are those of `TenantClient`."""
        given = {"api_key": self.api_key, "tenant": self.tenant, **options}
        return self._stack.enter_context(sync.TenantClient(self.address, **given))

    def add_user(self, user: str, *, name: str = "") -> None:
        """Add a user to the tenant, as the platform's own interface does."""

        async def add() -> None:
            self._service.add_user(user, name=name)

        self._loop.run(add())

    def add_dialog(self, *members: str, title: str = "") -> str:
        """Add a dialog with these users as members, without an update of it; return its id."""

        async def add() -> str:
            return self._service.add_dialog(*members, title=title)

        return self._loop.run(add())


@contextmanager
def running_service_in_thread(
    users: Iterable[str] = USERS, **settings: Any
) -> Iterator[ThreadedTestService]:
    """Run a service for the block, as `running_service` does, in a thread of its own."""
    loop = LoopThread()
    running = running_service(users, **settings)

    async def begin() -> TestService:
        return await running.__aenter__()

    async def end() -> None:
        await running.__aexit__(None, None, None)

    try:
        service = loop.run(begin())
        try:
            with ExitStack() as stack:
                yield ThreadedTestService(service, loop, stack)
        finally:
            loop.run(end())
    finally:
        loop.close()
