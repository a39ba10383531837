"""The product features with the library: see tests/scenario/effort/README.md."""

import asyncio
import sys
from pathlib import Path

from chat3_api.chat3.user.v1 import Update
from chat3_client import Chat3Client, Chat3Error, Connected, FileStore, Gap


async def show(client: Chat3Client) -> str:
    dialogs = [dialog async for dialog in client.dialogs()]
    for dialog in dialogs:
        unread = dialog.membership.unread_count if dialog.membership is not None else 0
        print(f"dialog {dialog.dialog_id}, {unread} unread", flush=True)
    return dialogs[0].dialog_id


async def greet(client: Chat3Client) -> None:
    answer = await client.send_message(await show(client), "Hello")
    print(f"sent {answer.message.message_id if answer.message is not None else ''}", flush=True)
    try:
        await client.send_message("no-such-dialog", "Hello?")
    except Chat3Error as failure:
        fields = ",".join(violation.field for violation in failure.violations)
        print(f"refused {failure.reason} {fields}", flush=True)


async def main() -> None:
    fresh = not Path(sys.argv[1]).exists()
    async with Chat3Client.from_environment() as client:
        async for event in client.updates(FileStore(sys.argv[1])):
            if isinstance(event, Connected) and fresh:
                fresh = False
                await greet(client)
            elif isinstance(event, Gap):
                await show(client)
            elif isinstance(event, Update) and event.message_created is not None:
                message = event.message_created.message
                print(f"message {message.content if message is not None else ''}", flush=True)


asyncio.run(main())
