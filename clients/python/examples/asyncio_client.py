"""An example client on betterproto2 and grpclib: lists dialogs, sends, explains, watches."""
# ruff: noqa: T201, INP001 - an example prints, and is no package

import asyncio
import os
import random
import ssl
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from google.rpc import error_details_pb2
from grpclib import GRPCError, Status
from grpclib.client import Channel
from grpclib.exceptions import StreamTerminatedError

from chat3_api.chat3.user.v1 import (
    Dialog,
    GetUserDialogsRequest,
    Message,
    SendMessageRequest,
    SubscribeUpdatesRequest,
    Update,
    UserServiceStub,
)

ATTEMPTS = 4


async def main() -> None:
    """Open a stream, act once it is open, and print what comes."""
    host, _, port = os.environ.get("CHAT3_ADDRESS", "127.0.0.1:50051").rpartition(":")
    context = None
    if os.environ.get("CHAT3_TLS"):
        context = ssl.create_default_context()
        context.set_alpn_protocols(["h2"])
    # Identity travels in the metadata of every call; the user id percent-encoded.
    identity = {
        "x-api-key": os.environ["CHAT3_API_KEY"],
        "x-tenant-id": os.environ.get("CHAT3_TENANT", "tnt_default"),
        "x-user-id": quote(os.environ["CHAT3_USER"], safe=""),
    }
    async with Channel(host, int(port), ssl=context) as channel:
        client = UserServiceStub(channel, metadata=identity)
        # Everything that happens after the stream is open is on the stream: what is read then and
        # what comes later make a complete picture.
        count = int(os.environ.get("CHAT3_COUNT", "-1"))
        await watch(client, count, lambda: greet(client))


async def greet(client: UserServiceStub) -> None:
    """List the dialogs, write into the first one, and show what a failure looks like."""
    dialogs = await listed(client)
    for dialog in dialogs:
        meta = dialog.meta.to_dict() if dialog.meta is not None else {}
        unread = dialog.membership.unread_count if dialog.membership is not None else 0
        print(f"dialog {dialog.dialog_id} {meta.get('title', '')!r}, {unread} unread")
    if not dialogs:
        return
    message = await send(client, dialogs[0].dialog_id, "Hello from Python")
    print(f"sent {message.message_id if message is not None else ''}")
    try:
        await send(client, "no-such-dialog", "Hello?")
    except GRPCError as error:
        explain(error)


async def listed(client: UserServiceStub) -> list[Dialog]:
    """Read all pages of the dialogs; a dialog that moves meanwhile can come twice."""
    dialogs: list[Dialog] = []
    request = GetUserDialogsRequest(page_size=20)
    while True:
        page = await client.get_user_dialogs(request, timeout=10)
        dialogs.extend(page.dialogs)
        if not page.next_page_token:
            return dialogs
        request.page_token = page.next_page_token


async def send(client: UserServiceStub, dialog_id: str, text: str) -> Message | None:
    """Write a message once, however often it has to ask: every attempt carries the same key."""
    request = SendMessageRequest(
        dialog_id=dialog_id, content=text, idempotency_key=str(uuid.uuid4())
    )
    attempt = 1
    while True:
        try:
            return (await client.send_message(request, timeout=10)).message
        except (GRPCError, StreamTerminatedError) as error:
            if attempt == ATTEMPTS or not unavailable(error):
                raise
            await pause(attempt, error)
        attempt += 1


async def watch(
    client: UserServiceStub, count: int, opened: Callable[[], Awaitable[None]] | None
) -> None:
    """Print updates until `count` were seen; open the stream again where it broke."""
    token = ""
    failures = 0
    while True:
        failures += 1
        try:
            async for response in client.subscribe_updates(
                SubscribeUpdatesRequest(resume_token=token)
            ):
                # A message that holds defaults only is false: compare with None.
                if response.connection_established is not None:
                    print(f"connected, {response.connection_established.resume_outcome}")
                    if opened is not None:
                        await opened()
                        opened = None
                elif response.update is not None:
                    failures = 0
                    count -= 1
                    show(response.update)
                elif response.gap is not None:
                    reload = ", ".join(str(target) for target in response.gap.reload)
                    print(f"gap {response.gap.reason}: reload {reload}")
                # After its response was dealt with: a crash shows one again and loses none.
                token = response.resume_token
                if count == 0:
                    return
            # A stream never ends with OK; when it seems to, something between cut it off.
            broken: Exception = StreamTerminatedError("the stream ended without a status")
        except (GRPCError, StreamTerminatedError, OSError) as error:
            if not unavailable(error) and detail(error, error_details_pb2.RetryInfo) is None:
                raise
            broken = error
        explain(broken)
        await pause(failures, broken)


def show(update: Update) -> None:
    """Print one update."""
    created = update.message_created
    if created is not None and created.message is not None:
        print(f"message {created.message.sender_id}: {created.message.content}")
    else:
        print(f"{update.kind} {update.dialog_id or ''}")


def unavailable(error: Exception) -> bool:
    """Say whether the same call can succeed later."""
    return not isinstance(error, GRPCError) or error.status is Status.UNAVAILABLE


async def pause(attempt: int, error: Exception) -> None:
    """Wait as long as the service wants, or ever longer, with jitter."""
    delay = min(30.0, 0.5 * 2.0 ** min(attempt, 10))
    wanted = detail(error, error_details_pb2.RetryInfo)
    if wanted is not None:
        delay = wanted.retry_delay.ToTimedelta().total_seconds()
    await asyncio.sleep(delay * random.uniform(1.0, 1.5))


def explain(error: Exception) -> None:
    """Print the reason, which code can rely on, and the fields that break a rule."""
    reason = error.status.name if isinstance(error, GRPCError) else type(error).__name__
    info = detail(error, error_details_pb2.ErrorInfo)
    text = error.message if isinstance(error, GRPCError) else error
    print(f"{info.reason if info is not None else reason}: {text}", file=sys.stderr)
    bad = detail(error, error_details_pb2.BadRequest)
    for violation in bad.field_violations if bad is not None else ():
        print(f"  {violation.field}: {violation.description}", file=sys.stderr)


def detail(error: Exception, wanted: type) -> Any:
    """Find the status detail of one type; grpclib has decoded them."""
    details = error.details if isinstance(error, GRPCError) else None
    return next((found for found in details or () if isinstance(found, wanted)), None)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (GRPCError, OSError) as failure:
        explain(failure)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
