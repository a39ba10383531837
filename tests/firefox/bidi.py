"""Speaks WebDriver BiDi, which Firefox has built in, so that no driver is needed beside it."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, ClientWebSocketResponse

_NAMES: Final = ("firefox-esr", "firefox")
_PATIENCE: Final = 30.0

# Resolves when an expression is true, looking at every change of the page.
_UNTIL: Final = """async () => {
  const holds = () => (EXPRESSION);
  if (holds()) return;
  await new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!holds()) return;
      observer.disconnect();
      resolve();
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true,
      characterData: true });
  });
}"""


class Firefox:
    """A running Firefox."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.complaints: list[str] = []

    async def listen(self) -> None:
        """Take what it says, until it is gone."""
        async for message in self._socket:
            said = message.json()
            if said["type"] == "event":
                self._heard(said["params"])
                continue
            answer = self._answers.pop(said["id"])
            if said["type"] == "success":
                answer.set_result(said["result"])
            else:
                answer.set_exception(AssertionError(f"{said['error']}: {said['message']}"))

    def _heard(self, entry: dict[str, Any]) -> None:
        if entry.get("level") == "error":
            self.complaints.append(str(entry.get("text")))

    async def call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(_PATIENCE):
            return await answer

    async def window(self, url: str) -> "Window":
        """Open a window of a person of its own."""
        person = (await self.call("browser.createUserContext"))["userContext"]
        made = await self.call("browsingContext.create", type="window", userContext=person)
        window = Window(self, made["context"])
        await self.call(
            "browsingContext.navigate", context=made["context"], url=url, wait="complete"
        )
        return window


class Window:
    """One window: what is done in it, and what is waited for."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox = firefox
        self._context = context

    async def run(self, function: str, *arguments: str) -> Any:
        """Call a function in the page and return its answer, when it has one of a simple type."""
        answer = await self._firefox.call(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": value} for value in arguments],
            awaitPromise=True,
            target={"context": self._context},
            userActivation=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until an expression is true."""
        await self.run(_UNTIL.replace("EXPRESSION", expression))


@asynccontextmanager
async def firefox(profile: Path) -> AsyncIterator[Firefox]:
    program = next((path for name in _NAMES if (path := shutil.which(name))), None)
    assert program is not None, "Firefox is missing: run `make test-browsers`, which installs it"
    process = await asyncio.create_subprocess_exec(
        *(program, "--headless", "--no-remote", "--profile", str(profile)),
        *("--remote-debugging-port", "0"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        address = await _address(process)
        async with ClientSession() as http, http.ws_connect(f"{address}/session") as socket:
            browser = Firefox(socket)
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(browser.listen())
                await browser.call("session.new", capabilities={})
                await browser.call("session.subscribe", events=["log.entryAdded"])
                yield browser
                listening.cancel()
    finally:
        process.kill()
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(_PATIENCE):
        async for line in process.stderr:
            _, said, address = line.decode().partition("WebDriver BiDi listening on ")
            if said:
                return address.strip()
    raise AssertionError("Firefox ended")
