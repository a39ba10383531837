"""Users who send messages with idempotency keys while they may, and what became of each."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from support.faults.wire import message_class
from support.gateway import KEY, Upstream
from support.persistent_calls import CallTally, PersistentCaller
from support.web_client import Form

_TENANT: Final = "tnt_writers"
_SEND: Final = "/chat3.user.v1.UserService/SendMessage"
_LIST: Final = "/chat3.user.v1.UserService/GetDialogMessages"


@dataclass
class KeyedSends:
    """Messages of a tenant: ``answered`` is the id in the answer, by content."""

    upstream: Upstream
    tally: CallTally = field(default_factory=CallTally)
    asked: list[str] = field(default_factory=list)
    answered: dict[str, str] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """Name what was not written exactly once, as it was answered."""
        stored: Counter[str] = Counter()
        ids: dict[str, str] = {}
        for message in self.upstream.store.messages.page({"tenantId": _TENANT}):
            stored[message.content] += 1
            ids[message.content] = message.message_id
        found = [
            f"{content} stands {count} times" for content, count in stored.items() if count > 1
        ]
        found += [f"{content} is lost" for content in self.answered if not stored[content]]
        found += [
            f"{content} was answered as {answer}, and is {ids[content]}"
            for content, answer in self.answered.items()
            if content in ids and ids[content] != answer
        ]
        return found


@asynccontextmanager
async def keyed_sends(
    upstream: Upstream,
    ports: Callable[[], int],
    forms: Sequence[Form | None],
    *,
    users: int,
    pause: float,
    seed: int,
) -> AsyncIterator[KeyedSends]:
    """Have ``users`` send and read within the block, each ``pause`` seconds after its last call.

    At the end every call that was begun has its answer. The users are of a tenant of their own.
    """
    upstream.store.add_tenant(_TENANT)
    names = [f"writer{number}" for number in range(users)]
    sends = KeyedSends(upstream)
    ending = asyncio.Event()

    async def write(number: int, user: str) -> None:
        rng = random.Random(f"{seed} {number}")
        metadata = {"x-api-key": KEY, "x-tenant-id": _TENANT, "x-user-id": user}
        caller = PersistentCaller(ports, forms[number % len(forms)], metadata, rng, sends.tally)
        dialog, count = upstream.dialog(user, "reader", tenant=_TENANT), 0
        while not ending.is_set():
            count += 1
            if count % 3 == 0:
                request = message_class("GetDialogMessagesRequest")(dialog_id=dialog)
                await caller.call(_LIST, request, message_class("GetDialogMessagesResponse"))
            else:
                content = f"{user} {count} {seed}"
                sends.asked.append(content)
                request = message_class("SendMessageRequest")(
                    dialog_id=dialog, content=content, idempotency_key=secrets.token_hex(16)
                )
                answer = await caller.call(_SEND, request, message_class("SendMessageResponse"))
                if answer is not None:
                    sends.answered[content] = answer.message.message_id
            await asyncio.sleep(rng.uniform(0.0, 2 * pause))
        await caller.close()

    async with asyncio.TaskGroup() as group:
        for number, user in enumerate(names):
            group.create_task(write(number, user))
        try:
            yield sends
        finally:
            ending.set()
