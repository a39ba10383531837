"""The service that is attacked in this process, and all the fuzzer knows of its inner parts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fuzz_tokens import TOKEN_KEYS
from fuzz_upstream import agreeable_upstream

from chat3_user.app import Running, running
from chat3_user.config import composed
from chat3_user.methods import Keyed, Method
from chat3_user.rpc import TenantService, UserService


@dataclass(frozen=True)
class Attacked:
    """The running service, and how many calls came to each of its methods."""

    service: Running
    handled: Counter[str]


class Connection:
    """One connection to the service without a socket: the adapter of its inner parts."""

    def __init__(self, target: Attacked, transport: asyncio.Transport) -> None:
        self._protocol = target.service.server.listener.connection()
        self._protocol.connection_made(transport)

    def feed(self, data: bytes) -> None:
        """Receive bytes, as from a socket."""
        self._protocol.data_received(data)

    @property
    def open_streams(self) -> Collection[int]:
        """The streams that the service has not done with."""
        streams: Collection[int] = self._protocol.streams
        return streams

    def lose(self) -> None:
        """Lose the connection, as a socket does."""
        self._protocol.connection_lost(None)


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Count the calls of services started within the block, by method."""
    handled: Counter[str] = Counter()

    def counting(method: Method) -> Method:
        part = "mutation" if isinstance(method, Keyed) else "run"
        real: Callable[..., Any] = getattr(method, part)

        def handle(dependencies: Any, call: Any, request: Any) -> Any:
            handled[method.label] += 1
            return real(dependencies, call, request)

        changed: dict[str, Any] = {part: handle}
        return replace(method, **changed)

    with pytest.MonkeyPatch.context() as patch:
        for service in (UserService, TenantService):
            counted = {name: counting(method) for name, method in service.METHODS.items()}
            patch.setattr(service, "METHODS", counted)
        yield handled


@asynccontextmanager
async def attacked() -> AsyncIterator[Attacked]:
    """Run the service before a tenant-api that agrees; its limits are out of the way."""
    async with agreeable_upstream() as url:
        config = composed(
            demo=True,
            grpc_port=0,
            ops_port=0,
            tenant_api_url=url,
            token_keys=TOKEN_KEYS,
            # No call that is whole takes so long, on the busiest machine; the others are cut off.
            default_deadline=300.0,
            streams_per_user=100_000,
            connection_rapid_resets=1_000_000,
            connection_control_frames=1_000_000,
        )
        with _counted() as handled:
            async with running(config) as started:
                await started.ready()
                yield Attacked(started, handled)
