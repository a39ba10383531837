"""The product features on the generated stubs: see tests/scenario/effort/README.md."""

import asyncio
import os
import random
import sys
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from google.rpc import error_details_pb2
from grpclib import GRPCError, Status
from grpclib.client import Channel
from grpclib.exceptions import StreamTerminatedError

from chat3_api.chat3.user.v1 import (
    Dialog,
    GetUserDialogsRequest,
    SendMessageRequest,
    SubscribeUpdatesRequest,
    SubscribeUpdatesResponse,
    UserServiceStub,
)

DEADLINE, PATIENCE, KEPT_IDS = 15.0, 60.0, 1000
BROKEN = (GRPCError, StreamTerminatedError, OSError, TimeoutError)
PASSING = (Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED)
CUT = (Status.UNKNOWN, Status.INTERNAL)


class CallFailedError(Exception):
    def __init__(self, error: Exception) -> None:
        info = detail(error, error_details_pb2.ErrorInfo)
        bad = detail(error, error_details_pb2.BadRequest)
        status = error.status.name if isinstance(error, GRPCError) else type(error).__name__
        self.reason = info.reason if info is not None else status
        self.fields = [each.field for each in bad.field_violations] if bad is not None else []
        super().__init__(self.reason)


def detail(error: Exception, wanted: type) -> Any:
    details = error.details if isinstance(error, GRPCError) else None
    return next((found for found in details or () if isinstance(found, wanted)), None)


def passes(error: Exception) -> bool:
    if not isinstance(error, GRPCError):
        return True
    if error.status in PASSING or detail(error, error_details_pb2.RetryInfo) is not None:
        return True
    return error.status in CUT and detail(error, error_details_pb2.ErrorInfo) is None


def pause(failures: int, error: Exception) -> float:
    wanted = detail(error, error_details_pb2.RetryInfo)
    if wanted is not None:
        return float(wanted.retry_delay.ToTimedelta().total_seconds()) * random.uniform(1, 1.5)
    return random.uniform(0, min(30.0, 0.25 * 2.0 ** min(failures, 10)))


class ResumeFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.token = path.read_text().strip() if path.exists() else ""

    def save(self, token: str) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(token)
        beside.replace(self.path)
        self.token = token


class Client:
    def __init__(self, channel: Channel) -> None:
        identity = {
            "x-api-key": os.environ["CHAT3_API_KEY"],
            "x-tenant-id": os.environ["CHAT3_TENANT"],
            "x-user-id": quote(os.environ["CHAT3_USER"], safe=""),
        }
        self.channel = channel
        self.stub = UserServiceStub(channel, metadata=identity)

    async def call(self, method: Any, request: Any) -> Any:
        give_up, failures = time.monotonic() + PATIENCE, 0
        while True:
            try:
                return await method(request, timeout=DEADLINE)
            except BROKEN as error:
                failures += 1
                self.leave_if_dead(error)
                if not passes(error) or time.monotonic() > give_up:
                    raise CallFailedError(error) from error
                await asyncio.sleep(pause(failures, error))

    def leave_if_dead(self, error: Exception) -> None:
        # Nothing comes, and nobody has said so: the next attempt opens another connection.
        if isinstance(error, TimeoutError):
            self.channel.close()

    async def dialogs(self) -> list[Dialog]:
        dialogs: list[Dialog] = []
        request = GetUserDialogsRequest(page_size=100)
        while True:
            page = await self.call(self.stub.get_user_dialogs, request)
            dialogs.extend(page.dialogs)
            if not page.next_page_token:
                return dialogs
            request.page_token = page.next_page_token

    async def send(self, dialog_id: str, text: str) -> str:
        request = SendMessageRequest(
            dialog_id=dialog_id, content=text, idempotency_key=str(uuid.uuid4())
        )
        answer = await self.call(self.stub.send_message, request)
        return str(answer.message.message_id)

    async def updates(self, resume: ResumeFile) -> AsyncIterator[SubscribeUpdatesResponse]:
        seen: OrderedDict[str, None] = OrderedDict()
        failures = 0
        while True:
            broken: Exception = StreamTerminatedError("the stream ended without a status")
            request = SubscribeUpdatesRequest(resume_token=resume.token)
            stream: Any = self.stub.subscribe_updates(request)
            silence = DEADLINE
            try:
                while True:
                    async with asyncio.timeout(silence):
                        response = await anext(stream, None)
                    if response is None:
                        break
                    failures = 0
                    established = response.connection_established
                    if established is not None and established.heartbeat_interval is not None:
                        silence = 2 * established.heartbeat_interval.total_seconds()
                    if response.update is None or response.update.update_id not in seen:
                        yield response
                    if response.update is not None:
                        seen[response.update.update_id] = None
                        while len(seen) > KEPT_IDS:
                            seen.popitem(last=False)
                    resume.save(response.resume_token)
            except BROKEN as error:
                broken = error
                self.leave_if_dead(error)
            finally:
                await stream.aclose()
            if not passes(broken):
                raise CallFailedError(broken) from broken
            failures += 1
            await asyncio.sleep(pause(failures, broken))


async def show(client: Client) -> str:
    dialogs = await client.dialogs()
    for dialog in dialogs:
        unread = dialog.membership.unread_count if dialog.membership is not None else 0
        print(f"dialog {dialog.dialog_id}, {unread} unread", flush=True)
    return dialogs[0].dialog_id


async def greet(client: Client) -> None:
    first = await show(client)
    print(f"sent {await client.send(first, 'Hello')}", flush=True)
    try:
        await client.send("no-such-dialog", "Hello?")
    except CallFailedError as failure:
        print(f"refused {failure.reason} {','.join(failure.fields)}", flush=True)


async def main() -> None:
    host, _, port = os.environ["CHAT3_ADDRESS"].rpartition(":")
    resume = ResumeFile(Path(sys.argv[1]))
    fresh = not resume.token
    async with Channel(host, int(port)) as channel:
        client = Client(channel)
        async for response in client.updates(resume):
            if response.connection_established is not None and fresh:
                fresh = False
                await greet(client)
            elif response.gap is not None:
                await show(client)
            elif response.update is not None and response.update.message_created is not None:
                message = response.update.message_created.message
                print(f"message {message.content if message is not None else ''}", flush=True)


asyncio.run(main())
