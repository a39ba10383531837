"""Creates topics, and finds and finishes what earlier attempts to create one left at tenant-api.

tenant-api writes a topic step by step, without a transaction; a restart cuts between any two: the
row; its metas one by one, our key first; the event of the new topic. What a look finds, and what is
done about it (`docs/repairs.md` has the same table for operators):

| cut after | left behind | what is done |
|---|---|---|
| nothing written | nothing | written |
| the row | an orphan, which members can see | claimed; key, metas set; reported |
| some metas | key | metas set; reported |
| all metas, or the event | key, metas | announced anew; reported |
| a repair of ours | any of the above | as above |

Every repair is one change of the topic's meta, of which members get an update. Nothing shows
whether the event of the new topic was published. A change that only repeats the key needs no
settled attempts, for it does no harm to a topic in the making.

An orphan carries no key. It is recognised by its dialog, its time, and by having no meta but what
JavaScript puts before the key; a claim gives it to one key only. It may be another program's topic
without meta, created at that very time.

Metas are written in order: a key that is missing before one that is there has been removed since,
and is not put back.

Meta that breaks the tenant's meta indexes also stops a creation between two steps, and is a failure
like any other. What was refused is then asked again by a route that says why. The platform deletes
no topics: what was written stays, and is named.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from chat3_api.chat3.user.v1 import ErrorReason, MissingPart
from chat3_user.domain.created_dialogs import UNSHOWN
from chat3_user.domain.guard import past_guard
from chat3_user.domain.json_order import precede_key, unwritten
from chat3_user.domain.meta_rules import MetaRules
from chat3_user.domain.orphans import claimed, orphans
from chat3_user.domain.settling import (
    CLOCKS_DIFFER,
    ORPHANS_WITHIN,
    Settling,
    unix_time,
)
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Claims, Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import WriteEndedError, in_doubt
from chat3_user.tenant_api.creating import ANY_KEY, create_topic, keyed
from chat3_user.tenant_api.pages import Pages
from chat3_user.tenant_api.sending import SEND_KEY
from chat3_user.validation import Identity

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CreatedTopic:
    """A topic that was created, and what of it is missing for good."""

    topic: m.Topic
    missing: tuple[MissingPart, ...] = ()


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to be created in a dialog of the caller's."""

    identity: Identity
    dialog_id: str
    meta: Mapping[str, Any]

    def may_have_left(self, topic: m.Topic) -> bool:
        """Tell whether an attempt that was cut before its key may have left the topic."""
        return precede_key(topic.meta or {}, self.meta)


class CreatedTopics:
    """Creates and finds; ``settle`` is that of `Times`, in seconds.

    ``count`` hears of each topic that was found in part, or cannot be shown to be whole.
    """

    def __init__(
        self,
        api: TenantApi,
        rules: MetaRules,
        claims: Claims,
        settle: float,
        count: Callable[[str], None],
    ) -> None:
        self._api = api
        self._rules = rules
        self._claims = claims
        self._settle = settle
        self._count = count

    def search(self, wanted: NewTopic) -> "Search":
        """Return the looks of one call."""
        settling = Settling(self._settle)
        return Search(wanted, self._api, self._rules, self._claims, settling, self._count)


class Search:
    """The writes and looks of one call for one topic."""

    def __init__(
        self,
        wanted: NewTopic,
        api: TenantApi,
        rules: MetaRules,
        claims: Claims,
        settling: Settling,
        count: Callable[[str], None],
    ) -> None:
        self._wanted = wanted
        self._api = api
        self._rules = rules
        self._claims = claims
        self._settling = settling
        self._count = count
        # What the platform itself said it works on no more.
        self._ended: set[str] = set()

    async def prove_allowed(self) -> None:
        """Prove that no meta index refuses the topic for what the request alone says.

        Raises `CallError`.
        """
        meta = keyed(self._wanted.meta, ANY_KEY)
        await self._rules.prove_creatable(self._wanted.identity, "topic", meta)

    async def write(self, key: str | None) -> CreatedTopic:
        """Write a topic; that the caller may must have been proved.

        Raises `CallError`.
        """
        wanted = self._wanted
        meta = keyed(wanted.meta, key)
        try:
            made = await create_topic(self._api, wanted.identity, wanted.dialog_id, meta)
        except WriteEndedError as error:
            refusal = await self._refusal(meta)
            if refusal is None:
                # Where not even the key was written, an index that is new may leave it out.
                await self.prove_allowed()
                raise
            raise in_doubt(refusal) from error
        return CreatedTopic(made)

    async def find(self, earlier: Earlier) -> CreatedTopic | None:
        """Return the topic that an earlier attempt wrote, finished as far as it can be.

        Raises `CallError` and `UnsettledError`.
        """
        row = await self._keyed(earlier)
        if row is None and earlier.settled and earlier.age is not None:
            row = await self._claimed_orphan(earlier, earlier.age)
        if row is None:
            return None
        metas = unwritten(keyed(self._wanted.meta, earlier.name), row.meta or {})
        if metas and row.topic_id not in self._ended:
            self._settling.wait_for(row.topic_id, topic_created(row), earlier)
        finished = await self._change(row, {SEND_KEY: earlier.name, **metas})
        self._count("topic")
        log.warning(
            "a topic may be unannounced for good",
            extra={"dialog_id": row.dialog_id, "topic_id": row.topic_id},
        )
        return CreatedTopic(finished, UNSHOWN)

    async def _change(self, row: m.Topic, meta: Mapping[str, Any]) -> m.Topic:
        try:
            answer = await past_guard(
                partial(
                    self._api.call,
                    routes.CHANGE_TOPIC,
                    self._wanted.identity,
                    body={"meta": meta},
                    dialog_id=self._wanted.dialog_id,
                    topic_id=row.topic_id,
                )
            )
        except WriteEndedError as error:
            refusal = await self._refused(row, meta)
            if refusal is None:
                raise
            raise refusal from error
        return answer.data

    async def _refusal(self, meta: Mapping[str, Any]) -> CallError | None:
        """Return why the platform stopped at the meta of a topic, None when that is not known."""
        try:
            rows = await self._named(meta[SEND_KEY])
        except CallError:
            return None
        self._ended |= {row.topic_id for row in rows}
        for row in rows:
            lacking = unwritten(meta, row.meta or {})
            if lacking and (refusal := await self._refused(row, lacking)) is not None:
                return refusal
        return None

    async def _refused(self, row: m.Topic, meta: Mapping[str, Any]) -> CallError | None:
        """Set meta by the route that says why it refuses some; None when it does not."""
        try:
            await past_guard(
                partial(
                    self._api.call,
                    routes.SET_META_KEYS,
                    self._wanted.identity,
                    body={"meta": meta},
                    kind="topic",
                    entity_id=row.topic_id,
                )
            )
        except CallError as error:
            if error.reason is not ErrorReason.META_INDEX_CONFLICT:
                return None
            return reasons.leaving(error, row.topic_id)
        return None

    async def _keyed(self, earlier: Earlier) -> m.Topic | None:
        """Return the oldest topic that carries the key and was written in its time."""
        since = time.time() - earlier.oldest - CLOCKS_DIFFER
        rows = [row for row in await self._named(earlier.name) if topic_created(row) >= since]
        return min(rows, key=topic_created, default=None)

    async def _named(self, name: str) -> list[m.Topic]:
        return await anext(self._pages(f'&(meta.{SEND_KEY},eq,"{name}")'))

    async def _claimed_orphan(self, earlier: Earlier, age: float) -> m.Topic | None:
        if age >= ORPHANS_WITHIN:
            return None
        for row in await self._orphans(age):
            self._settling.wait_for(row.topic_id, topic_created(row), earlier)
            if await claimed(self._claims, self._wanted.identity, row.topic_id, earlier.name):
                return row
        return None

    async def _orphans(self, age: float) -> list[m.Topic]:
        """Return what attempts since ``age`` seconds may have left without their key."""
        return await orphans(
            self._pages(), lambda row: row.topic_id, topic_created, self._wanted.may_have_left, age
        )

    def _pages(self, more: str = "") -> Pages[m.Topic]:
        """Return pages of the dialog's topics, newest first."""
        filter_ = f'(dialogId,eq,"{self._wanted.dialog_id}"){more}'
        return self._api.pages(routes.ALL_TOPICS, self._wanted.identity, filter_=filter_)


def topic_created(topic: m.Topic) -> float:
    """Return when a topic was created, in Unix seconds by the platform's clock."""
    return unix_time(routes.ALL_TOPICS, topic.created_at)
