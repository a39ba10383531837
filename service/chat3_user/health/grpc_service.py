"""The health service of gRPC, ``grpc.health.v1``: what the state machine says, in its words."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from grpclib import Status as Code
from grpclib.health.v1.health_grpc import HealthBase
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from chat3_user.health.machine import Change, Status

if TYPE_CHECKING:
    from grpclib.server import Stream

    Asked = Stream[HealthCheckRequest, HealthCheckResponse]

_OVERALL = ""


class HealthService(HealthBase):
    """Says of the worker, and of each of its ``services``, whether calls should come to it.

    All of them are served by the same parts, so they have one answer.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._names = {_OVERALL, *services}
        self._serving = False
        self._ended = False
        self._changed = asyncio.Event()

    def changed(self, change: Change) -> None:
        """Answer by what a change has made of the worker; those who watch get it at once."""
        serving = change.status is not Status.NOT_READY
        if serving != self._serving:
            self._serving = serving
            self._wake()

    def end(self) -> None:
        """End the streams of those who watch, which would hold up the end of the worker."""
        self._ended = True
        self._wake()

    async def Check(self, stream: "Asked") -> None:  # noqa: N802 - the contract's name
        """Answer once."""
        request = await stream.recv_message()
        if request is None or request.service not in self._names:
            await stream.send_trailing_metadata(status=Code.NOT_FOUND)
        else:
            await stream.send_message(HealthCheckResponse(status=self._answer(request.service)))

    async def Watch(self, stream: "Asked") -> None:  # noqa: N802 - the contract's name
        """Answer now, and whenever the answer changes."""
        request = await stream.recv_message()
        name = _OVERALL if request is None else request.service
        told = None
        while True:
            changed, answer = self._changed, self._answer(name)
            if answer != told:
                await stream.send_message(HealthCheckResponse(status=answer))
                told = answer
            if self._ended:
                text = "the worker is shutting down"
                await stream.send_trailing_metadata(status=Code.UNAVAILABLE, status_message=text)
                return
            await changed.wait()

    def _answer(self, name: str) -> "HealthCheckResponse.ServingStatus.ValueType":
        if name not in self._names:
            return HealthCheckResponse.SERVICE_UNKNOWN
        return HealthCheckResponse.SERVING if self._serving else HealthCheckResponse.NOT_SERVING

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
