"""The words that the CLI tests share: ids, results, and the types of their fixtures."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cli_scripted_service import ScriptedService, ScriptedTenantService
from grpclib.events import RecvRequest, SendTrailingMetadata, listen
from grpclib.health.check import ServiceStatus
from grpclib.health.service import Health
from grpclib.server import Server

from support.accepting import stop_accepting

DIALOG = "dlg_aaaaaaaaaaaaaaaaaaaa"
MESSAGE = "msg_aaaaaaaaaaaaaaaaaaaa"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class Running:
    """A scripted service behind a real port, which it keeps when it is restarted."""

    def __init__(self) -> None:
        self.service = ScriptedService()
        self.health = ServiceStatus()
        self.port = 0
        self._server: Server | None = None

    async def start(self) -> None:
        tenant, health = ScriptedTenantService(self.service), Health({self.service: [self.health]})
        self._server = Server([self.service, tenant, health])
        listen(self._server, RecvRequest, self.service.read_metadata)
        listen(self._server, SendTrailingMetadata, self.service.add_trailers)
        await self._server.start("127.0.0.1", self.port)
        assert self._server._server is not None
        self.port = self._server._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        assert self._server._server is not None
        await stop_accepting(self._server._server)
        self._server.close()
        await self._server.wait_closed()


Run = Callable[..., Awaitable[Result]]
"""Runs the command in this process, on a thread of its own."""

Spawn = Callable[..., Awaitable[asyncio.subprocess.Process]]
"""Starts the command as a process of its own."""


async def ended(process: asyncio.subprocess.Process) -> Result:
    out, err = await process.communicate()
    assert process.returncode is not None
    return Result(process.returncode, out.decode(), err.decode())
