"""The foreign client as tests use it: commands to a process of its own, answers as JSON."""

import asyncio
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

from support.patience import HANGS

Json = dict[str, Any]


class ForeignFailureError(Exception):
    """A call that failed: status, details by their type, trailing metadata."""

    def __init__(self, told: Json) -> None:
        super().__init__(told)
        self.code: str = told["code"]
        self.message: str = told.get("message", "")
        self.trailing: dict[str, str] = told.get("trailing", {})
        self.details: dict[str, Json] = {
            detail["type"]: detail for detail in told.get("details", ())
        }

    @property
    def reason(self) -> str:
        return str(self.details["ErrorInfo"]["reason"]).removeprefix("ERROR_REASON_")


class ForeignStream:
    def __init__(self, client: "ForeignClient", number: int) -> None:
        self._client = client
        self.number = number
        self.lines: asyncio.Queue[Json] = asyncio.Queue()

    async def next(self, timeout: float = HANGS) -> Json:
        """Return the next response; raise what the stream ended with."""
        async with asyncio.timeout(timeout):
            line = await self.lines.get()
        if "failed" in line:
            raise ForeignFailureError(line["failed"])
        response: Json = line["response"]
        return response

    async def update(self, timeout: float = HANGS) -> Json:
        """Return the next update, past heartbeats."""
        while True:
            response = await self.next(timeout)
            if "update" in response:
                update: Json = response["update"]
                return update

    async def cancel(self) -> None:
        await self._client.ask("cancel", stream=self.number)


class ForeignClient:
    """A client of one service, by its driver's command; an async context manager."""

    def __init__(self, command: Sequence[str], address: str) -> None:
        self._command = (*command, address)
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Json]] = {}
        self._streams: dict[int, ForeignStream] = {}

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**26,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(HANGS):
                await self._process.wait()
        finally:
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
            await self._reader

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for raw in self._process.stdout:
            line = json.loads(raw)
            if "stream" in line:
                self._streams[line["stream"]].lines.put_nowait(line)
            else:
                self._asked.pop(line["id"]).set_result(line)
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(EOFError("the foreign client ended"))

    async def ask(self, do: str, **more: Any) -> Json:
        number = next(self._numbers)
        if do == "open":
            self._streams[number] = ForeignStream(self, number)
        asked = self._asked[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "do": do, **more}).encode() + b"\n")
        async with asyncio.timeout(30):
            answer = await asked
        assert "broken" not in answer, answer["broken"]
        if "failed" in answer:
            raise ForeignFailureError(answer["failed"])
        return answer

    async def call(
        self, method: str, request: Json, metadata: Mapping[str, str], **more: Any
    ) -> Json:
        answer = await self.ask(
            "call", method=method, request=request, metadata=dict(metadata), **more
        )
        response: Json = answer["response"]
        return response

    async def fails(
        self, method: str, request: Json, metadata: Mapping[str, str], **more: Any
    ) -> ForeignFailureError:
        try:
            response = await self.call(method, request, metadata, **more)
        except ForeignFailureError as error:
            return error
        raise AssertionError(f"{method} answered {response}")

    async def open(self, method: str, request: Json, metadata: Mapping[str, str]) -> ForeignStream:
        """Begin the call of a streaming method."""
        answer = await self.ask("open", method=method, request=request, metadata=dict(metadata))
        return self._streams[answer["id"]]

    async def subscribe(
        self, metadata: Mapping[str, str], request: Json | None = None
    ) -> ForeignStream:
        """Open a stream and wait until it is established."""
        stream = await self.open("SubscribeUpdates", request or {}, metadata)
        assert "connection_established" in await stream.next()
        return stream
