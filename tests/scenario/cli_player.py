"""The CLI's player: drives the real `chat3` command, as a script does.

A user's stream is `chat3 watch --json --resume-file`; every call is a process of its own. The CLI
keeps no store: what a user has at the end is read.
"""

import asyncio
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from scenario import model
from scenario.playing import CallFailedError, Playing
from scenario.shown import UnreadCounts
from scenario.stream_record import StreamRecord

Json = Mapping[str, Any]

_UNAVAILABLE: Final = 3
"""The exit status that says that the same command can succeed later."""

_ATTEMPTS: Final = 8
_PAUSE: Final = 0.5
"""Seconds before a command that found no service is repeated, with the same key."""

_TIMEOUT: Final = "60"
"""Seconds that a command may take with its own retries."""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _meta(request: Json) -> list[str]:
    pairs = request.get("meta", {}).items()
    return [word for key, value in pairs for word in ("--set-json", f"{key}={_json(value)}")]


def _message(request: Json) -> list[str]:
    return [request["dialogId"], request["messageId"]]


def _send(request: Json) -> list[str]:
    words = ["send", request["dialogId"], request["content"]]
    if "meta" in request:
        words += ["--meta", _json(request["meta"])]
    if "quotedMessageId" in request:
        words += ["--quote", request["quotedMessageId"]]
    return words


def _react(request: Json) -> list[str]:
    unset = ["--unset"] if request["action"] == "REACTION_ACTION_UNSET" else []
    return ["messages", "react", *_message(request), request["reaction"], *unset]


COMMANDS: Final[Mapping[str, Callable[[Json], list[str]]]] = {
    "CreateDialog": lambda it: ["dialogs", "create", *it["memberIds"], *_meta(it)],
    "GetOrCreateDirectDialog": lambda it: ["dialogs", "direct", it["userId"]],
    "SendMessage": _send,
    "EditMessage": lambda it: ["messages", "edit", *_message(it), it["content"]],
    "DeleteMessage": lambda it: ["messages", "delete", *_message(it)],
    "RestoreMessage": lambda it: ["messages", "restore", *_message(it)],
    "SetMessageReaction": _react,
    "SetMessageStatus": lambda it: [
        *("messages", "status", *_message(it)),
        it["status"].removeprefix("MESSAGE_STATUS_").lower(),
    ],
    "MarkDialogRead": lambda it: ["dialogs", "read", it["dialogId"]],
    "SendTypingIndicator": lambda it: ["dialogs", "typing", it["dialogId"]],
    "AddDialogMembers": lambda it: ["members", "add", it["dialogId"], *it["userIds"]],
    "RemoveDialogMember": lambda it: ["members", "remove", it["dialogId"], it["userId"]],
    "LeaveDialog": lambda it: ["dialogs", "leave", it["dialogId"]],
    "UpdateDialogMeta": lambda it: ["dialogs", "set", it["dialogId"], *_meta(it)],
    "GetUserDialogs": lambda it: [
        *("dialogs", "list", "--all", "--last-message"),
        f"--page-size={it['pageSize']}",
    ],
    "GetDialogMessages": lambda it: [
        *("messages", "list", it["dialogId"], "--all"),
        f"--page-size={it['pageSize']}",
    ],
    "ListDialogMembers": lambda it: ["members", "list", it["dialogId"], "--all"],
}
"""The command line of each method, without what is the same for all."""

_WITHOUT_KEY: Final = frozenset(("GetOrCreateDirectDialog", "SendTypingIndicator"))


class CliClient:
    """One user at a shell: a `chat3 watch` in the background, and commands beside it."""

    def __init__(self, user: str, record: StreamRecord, token_file: Path) -> None:
        self._user = user
        self._record = record
        self._token_file = token_file
        self._watch: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()
        self._messages: set[str] = set()
        self._gap = False

    async def start(self) -> None:
        """Start `chat3 watch`, and wait until it is connected."""
        self._record.starts()
        self._reading = asyncio.create_task(self._keep_watching())
        await self._connected.wait()

    async def stop(self) -> None:
        """Interrupt `chat3 watch`, as Ctrl-C does, and read what it still prints."""
        if self._watch is not None and self._reading is not None:
            with suppress(ProcessLookupError):
                self._watch.send_signal(2)
            await self._reading
            await self._watch.wait()

    async def call(self, method: str, request: Json) -> Json:
        """Run a command. Raises `CallFailedError`."""
        key = request.get("idempotencyKey") or str(uuid.uuid4())
        read = method.startswith(("Get", "List")) or method in _WITHOUT_KEY
        words = [] if read else [f"--idempotency-key={key}"]
        return (await self._run(*COMMANDS[method](request), *words))[0]

    async def pages(self, method: str, request: Json) -> Sequence[Json]:
        """Run a command that lists all pages. Raises `CallFailedError`."""
        return await self._run(*COMMANDS[method](request))

    def has(self, dialog_id: str, message_id: str) -> bool:
        """Return whether the stream has shown a message, or that updates may be missing."""
        del dialog_id
        return message_id in self._messages or self._gap

    async def unread(self) -> UnreadCounts:
        """Return the unread counts as they are read."""
        return {
            dialog["dialogId"]: dialog.get("membership", {}).get("unreadCount", 0)
            for page in await self.pages("GetUserDialogs", {"pageSize": 100})
            for dialog in page.get("dialogs", ())
        }

    async def store(self) -> Mapping[str, tuple[Json, Sequence[Json]]]:
        """Read all dialogs, and the messages of each."""
        found: dict[str, tuple[Json, Sequence[Json]]] = {}
        for page in await self.pages("GetUserDialogs", {"pageSize": 100}):
            for dialog in page.get("dialogs", ()):
                request = {"dialogId": dialog["dialogId"], "pageSize": 100}
                pages = await self.pages("GetDialogMessages", request)
                messages = [each for one in pages for each in one.get("messages", ())]
                found[dialog["dialogId"]] = dialog, messages
        return found

    async def _keep_watching(self) -> None:
        """Run `chat3 watch`, again while it cannot connect: as other commands it fails then."""
        for attempt in range(1, _ATTEMPTS + 1):
            self._watch = await self._process("watch", f"--resume-file={self._token_file}")
            told = await self._read(self._watch)
            status = await self._watch.wait()
            if status != _UNAVAILABLE or self._connected.is_set() or attempt == _ATTEMPTS:
                break
            await asyncio.sleep(_PAUSE)
        if status not in (0, 130):
            self._record.errors.append(f"{self._user}: chat3 watch ended: {told[-20:]}")
            self._connected.set()

    async def _read(self, process: asyncio.subprocess.Process) -> list[str]:
        """Note each response that `chat3 watch` prints; return what it said of errors."""
        assert process.stdout is not None
        assert process.stderr is not None
        complaints = asyncio.create_task(process.stderr.read())
        async for line in process.stdout:
            response = json.loads(line)
            self._record.take(response)
            if "connectionEstablished" in response:
                self._connected.set()
            self._gap = self._gap or "gap" in response
            self._messages.add(response.get("update", {}).get("messageId", ""))
        return (await complaints).decode().splitlines()

    async def _process(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chat3_cli", *words, "--json", f"--timeout={_TIMEOUT}"),
            env={**os.environ, "CHAT3_USER": self._user},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=2**24,
        )

    async def _run(self, *words: str) -> list[Json]:
        """Run a command until it succeeds, or fails for good; return what it printed."""
        attempt = 0
        while True:
            attempt += 1
            process = await self._process(*words)
            printed, complaints = await process.communicate()
            if process.returncode == 0:
                return [json.loads(line) for line in printed.splitlines()]
            if process.returncode != _UNAVAILABLE or attempt == _ATTEMPTS:
                raise _failed(complaints.decode())
            await asyncio.sleep(_PAUSE)


def _failed(complaints: str) -> CallFailedError:
    """Return the failure that a command has printed as JSON; a usage error is none."""
    for line in reversed(complaints.splitlines()):
        with suppress(ValueError, KeyError, TypeError):
            error = json.loads(line)["error"]
            fields = [violation["field"] for violation in error.get("fieldViolations", ())]
            return CallFailedError(error.get("reason") or error["status"], fields)
    return CallFailedError(complaints.strip()[-300:])


def main() -> None:
    """Play a scenario."""
    scenario_file, outcome_file = (Path(argument) for argument in sys.argv[1:])
    scenario = msgspec.json.decode(scenario_file.read_bytes(), type=model.Scenario)
    with tempfile.TemporaryDirectory() as folder:

        def make(user: str, record: StreamRecord) -> CliClient:
            return CliClient(user, record, Path(folder) / user)

        outcome = asyncio.run(Playing("cli", scenario, make).play())
    outcome_file.write_bytes(msgspec.json.encode(outcome))


if __name__ == "__main__":
    main()
