"""A user's client: lists dialogs, sends, explains a failure, and follows updates with resume."""
# ruff: noqa: T201, INP001 - an example prints, and is no package

import asyncio
import os
import sys

from chat3_api.chat3.user.v1 import Update
from chat3_client import (
    Chat3Client,
    Chat3Error,
    Connected,
    Disconnected,
    FileStore,
    Gap,
    MemoryStore,
    data,
)


async def main() -> None:
    """Open a stream, act once it is open, and print what comes until enough was seen."""
    left = int(os.environ.get("CHAT3_COUNT", "-1"))
    token_file = os.environ.get("CHAT3_TOKEN_FILE")
    store = FileStore(token_file) if token_file else MemoryStore()
    async with Chat3Client.from_environment() as chat, chat.updates(store) as updates:
        async for event in updates:
            match event:
                case Connected():
                    print(f"connected, {event.outcome}")
                    if event.first:
                        # What is read now and what comes later make a complete picture.
                        await greet(chat)
                case Update():
                    show(event)
                    left -= 1
                case Gap():
                    print(f"gap {event.reason}: reload {', '.join(map(str, event.reload))}")
                case Disconnected():
                    print(f"lost, again in {event.retry_in:.1f} s: {event.error}", file=sys.stderr)
            if left == 0:
                await updates.acknowledge()
                return


async def greet(chat: Chat3Client) -> None:
    """List the dialogs, write into the first one, and show what a failure looks like."""
    dialogs = [dialog async for dialog in chat.dialogs()]
    for dialog in dialogs:
        unread = dialog.membership.unread_count if dialog.membership is not None else 0
        print(f"dialog {dialog.dialog_id} {data(dialog.meta).get('title', '')!r}, {unread} unread")
    if not dialogs:
        return
    sent = await chat.send_message(dialogs[0].dialog_id, "Hello from Python")
    print(f"sent {sent.message.message_id if sent.message is not None else ''}")
    try:
        await chat.send_message("no-such-dialog", "Hello?")
    except Chat3Error as error:
        print(f"{error.reason}: {error.failure.text}", file=sys.stderr)
        for violation in error.violations:
            print(f"  {violation.field}: {violation.description}", file=sys.stderr)


def show(update: Update) -> None:
    """Print one update."""
    created = update.message_created
    if created is not None and created.message is not None:
        print(f"message {created.message.sender_id}: {created.message.content}")
    else:
        print(f"{update.kind} {update.dialog_id or ''}")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except Chat3Error as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit(130)
