"""What workers do about creations, as tests say it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from scripted_creations import DIALOG, ScriptedCreations
from sent_messages_vocabulary import ClaimsInMemory

from chat3_user.domain.access import Access
from chat3_user.domain.created_dialogs import CreatedDialog, CreatedDialogs, NewDialog
from chat3_user.domain.created_topics import CreatedTopic, CreatedTopics, NewTopic
from chat3_user.domain.direct_dialogs import DirectDialog, DirectDialogs, Pair
from chat3_user.domain.meta_rules import MetaRules
from chat3_user.domain.users import Users
from chat3_user.errors import CallError
from chat3_user.idempotency import Claims, Earlier
from chat3_user.tenant_api import TenantApi
from chat3_user.validation import Identity

Found = TypeVar("Found")

KEY = "c0ffee"
AGE = 60.0
USERS = ("alice", "bob", "carol")


def identity(user_id: str = "alice") -> Identity:
    return Identity("key", "tnt_one", user_id)


def earlier(
    name: str = KEY, *, age: float | None = AGE, settled: bool = True, oldest: float = AGE
) -> Earlier:
    return Earlier(name, oldest if age is None else max(age, oldest), age, settled)


class Workers:
    """Workers before one platform that share a store; each look is another worker's."""

    def __init__(self, platform: ScriptedCreations, *, settle: float = 0.0) -> None:
        self.platform = platform
        api = TenantApi(platform)
        users, rules = Users(api, Access(api)), MetaRules(api)
        self.counted: list[str] = []
        self.dialogs = CreatedDialogs(api, rules, settle, self.counted.append)
        claims = Claims(ClaimsInMemory())
        self.topics = CreatedTopics(api, rules, claims, settle, self.counted.append)
        self.direct = DirectDialogs(api, rules, users, settle)

    async def look_for_dialog(self, wanted: NewDialog, at: Earlier) -> CreatedDialog | None:
        return await self.dialogs.search(wanted).find(at)

    async def look_for_topic(self, wanted: NewTopic, at: Earlier) -> CreatedTopic | None:
        return await self.topics.search(wanted).find(at)

    async def dialog(self, wanted: NewDialog, key: str = KEY) -> CreatedDialog:
        """Create and look until it is done, as runs of one key after another do."""
        return await _until_done(
            lambda: self.look_for_dialog(wanted, earlier(key)),
            lambda: self.dialogs.search(wanted).write(key),
        )

    async def topic(self, wanted: NewTopic, key: str = KEY) -> CreatedTopic:
        return await _until_done(
            lambda: self.look_for_topic(wanted, earlier(key)),
            lambda: self.topics.search(wanted).write(key),
        )

    async def direct_dialog(self, pair: Pair) -> DirectDialog:
        """Ask for a pair's dialog as calls do that work on it alone, one after another."""
        search = self.direct.search(pair)
        return await _until_done(
            lambda: search.find(earlier(pair.name)), lambda: search.write(pair.name)
        )


def topic(meta: dict[str, object] | None = None) -> NewTopic:
    return NewTopic(identity(), DIALOG, meta or {})


async def _until_done(
    find: Callable[[], Awaitable[Found | None]], write: Callable[[], Awaitable[Found]]
) -> Found:
    for _ in range(100):
        try:
            found = await find()
            return await write() if found is None else found
        except CallError:
            continue
    raise AssertionError("it never ends")
