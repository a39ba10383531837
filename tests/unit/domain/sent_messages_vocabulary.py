"""What workers do with the look for sent messages, as tests say it."""

from collections.abc import Iterator

from scripted_platform import KEY, ScriptedPlatform

from chat3_user.domain.attempts import Request
from chat3_user.domain.sent_messages import Search, Sent, SentMessages
from chat3_user.domain.traces import Traces
from chat3_user.errors import CallError
from chat3_user.idempotency import Claims, Earlier, Times
from chat3_user.idempotency.store import Attempt, Claim, Held, Reused
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api import models as m

TIMES = Times()
AGE = 60.0


class ClaimsInMemory:
    """Keeps claims; nothing else is asked of it here."""

    def __init__(self) -> None:
        self.held: dict[bytes, bytes] = {}

    async def claim(self, attempt: Attempt) -> Claim:
        if self.held.setdefault(attempt.scope, attempt.request) != attempt.request:
            return Reused()
        return Held()


class Workers:
    """Workers before one platform that share a store; each look is another worker's."""

    def __init__(self, platform: ScriptedPlatform, *, settle: float = 0.0) -> None:
        self.platform = platform
        self.settle = settle
        self.store = ClaimsInMemory()
        self.counted: list[str] = []
        self.rewritten = 0

    def search(self, wanted: Request) -> Search:
        api = TenantApi(self.platform)
        return Search(
            SentMessages(
                Traces(api),
                api,
                Claims(self.store),  # all that claims ask
                self.settle,
                self.counted.append,
            ),
            wanted,
        )

    async def look(
        self, wanted: Request, key: str = KEY, *, age: float | None = AGE, settled: bool = True
    ) -> Sent | None:
        return await self.search(wanted).find(Earlier(key, age or 86_400.0, age, settled))

    async def finish(self, wanted: Request, key: str = KEY) -> Sent:
        """Look and write until it is done, as runs of one key after another do."""
        for _ in range(100):
            try:
                found = await self.look(wanted, key)
            except CallError:
                continue
            if found is not None:
                return found
            cuts = self.platform.cuts
            cut = cuts.pop(0) if cuts else None
            self.rewritten += 1
            if cut == 0:
                continue
            row = self.platform.send(wanted, key, cut=cut, ago=1.0)
            if cut is None:
                return Sent(_model(row.message_id, row.content))
        raise AssertionError("it never ends")


def _model(message_id: str, content: str) -> m.Message:
    return m.Message(message_id, "", "alice", "internal.text", content)


def every_cut(platform: ScriptedPlatform, wanted: Request) -> Iterator[int]:
    yield from range(1, platform.steps_of(wanted) + 1)
