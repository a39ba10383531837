"""The words that the CLI tests share: ids, results, and the types of their fixtures."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cli_scripted_service import ScriptedService, ScriptedTenantService
from grpclib.events import RecvRequest, SendTrailingMetadata, listen
from grpclib.health.check import ServiceStatus
from grpclib.health.service import Health

from support.servers import GrpcServer

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
        self._server: GrpcServer | None = None

    async def start(self) -> None:
        tenant, health = ScriptedTenantService(self.service), Health({self.service: [self.health]})
        self._server = GrpcServer([self.service, tenant, health])
        listen(self._server, RecvRequest, self.service.read_metadata)
        listen(self._server, SendTrailingMetadata, self.service.add_trailers)
        self.port = await self._server.listen(self.port)

    async def stop(self) -> None:
        assert self._server is not None
        await self._server.end()


Run = Callable[..., Awaitable[Result]]
"""Runs the command in this process, on a thread of its own."""

Spawn = Callable[..., Awaitable[asyncio.subprocess.Process]]
"""Starts the command as a process of its own."""


async def ended(process: asyncio.subprocess.Process) -> Result:
    out, err = await process.communicate()
    assert process.returncode is not None
    return Result(process.returncode, out.decode(), err.decode())
