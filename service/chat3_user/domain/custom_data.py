"""Changes the custom data of dialogs, users, topics and packs, with one update for a whole change.

The platform tells nobody of keys that are set or removed in bulk. So all but one key are written in
bulk, and the last one, which differs from what is there, by itself: its update carries everything.
Of packs it tells in bulk, too: their keys are all written so.
A removal needs a permission of its own, so it comes first: without it nothing is changed.

After an attempt of unknown outcome: if the custom data is as requested, it is announced again by an
update of the same kind, for nothing shows whether the platform did: the last key is set again, or,
where keys were removed only, a key of ours. Else the change is made again: what others changed
meanwhile cannot be told from what was never written.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from chat3_user.domain.dialogs import Dialogs
from chat3_user.domain.guard import past_guard
from chat3_user.domain.past_attempts import began
from chat3_user.domain.unshown import announced
from chat3_user.errors import CallError
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import NoMetaKeyError, WriteEndedError
from chat3_user.tenant_api.creating import TOLD_KEY
from chat3_user.tenant_api.route import Route
from chat3_user.validation import Identity

Kind = Literal["dialog", "user", "topic", "pack"]

_TELLS_OF_REMOVALS: Final = frozenset(("dialog", "topic"))


@dataclass(frozen=True, slots=True)
class Change:
    """Keys to set and to remove in one object's custom data; a topic's ``dialog_id`` is known."""

    kind: Kind
    entity_id: str
    keys: Mapping[str, Any]
    removed: Sequence[str]
    dialog_id: str = ""

    def is_made(self, meta: Mapping[str, Any]) -> bool:
        """Tell whether custom data is as the change wants it."""
        return not self.differing(meta) and not self.lingering(meta)

    def differing(self, meta: Mapping[str, Any]) -> list[str]:
        """Return the keys that are to be set and are not, in the order of the request."""
        return [
            key for key, value in self.keys.items() if key not in meta or not same(meta[key], value)
        ]

    def lingering(self, meta: Collection[str]) -> list[str]:
        """Return the keys that are to be removed and are there."""
        return [key for key in dict.fromkeys(self.removed) if key in meta]


class CustomDataChanges:
    """Makes changes to what the caller was proved to have a say in.

    Every method raises `CallError`.
    """

    def __init__(self, api: TenantApi) -> None:
        self._api = api
        self._dialogs = Dialogs(api)

    async def make(
        self, identity: Identity, change: Change, before: Mapping[str, Any] | None = None
    ) -> None:
        """Make a change; what is there already is not written.

        ``before`` is the custom data as it is, where it was read already.
        """
        meta = before
        if meta is None:
            meta = await self.read(identity, change.kind, change.entity_id)
        differing = change.differing(meta)
        await self._remove(identity, change, change.lingering(meta), told=bool(differing))
        if differing:
            await self._set(identity, change, differing)

    async def find(self, identity: Identity, change: Change, earlier: Earlier) -> bool:
        """Return whether an earlier attempt made the change; announce it again."""
        if began(earlier) is None:
            return False
        if not change.is_made(await self.read(identity, change.kind, change.entity_id)):
            return False
        if change.keys or change.kind == "topic":
            await self._set(identity, change, list(change.keys)[-1:])
        elif change.kind == "dialog":
            where = (identity, change.entity_id)
            await announced(partial(self._dialogs.set_meta, *where, TOLD_KEY, earlier.name))
        elif change.kind == "pack":
            body = {"meta": {TOLD_KEY: earlier.name}}
            await announced(partial(self._ask, routes.SET_META_KEYS, identity, change, body=body))
        return True

    async def read(self, identity: Identity, kind: Kind, entity_id: str) -> dict[str, Any]:
        """Return custom data as it is, keys of this service included."""
        answer = await self._api.call(routes.META, identity, kind=kind, entity_id=entity_id)
        return answer.data

    async def _remove(
        self, identity: Identity, change: Change, keys: list[str], *, told: bool
    ) -> None:
        """Remove keys: in bulk where an update follows anyway, else the last one by itself."""
        if not keys:
            return
        alone = [] if told or change.kind not in _TELLS_OF_REMOVALS else keys[-1:]
        in_bulk = keys[: len(keys) - len(alone)]
        if in_bulk:
            await self._ask(routes.REMOVE_META_KEYS, identity, change, body={"keys": in_bulk})
        for key in alone:
            try:
                await self._ask(routes.REMOVE_META_KEY, identity, change, key=key)
            except NoMetaKeyError:
                continue

    async def _set(self, identity: Identity, change: Change, keys: list[str]) -> None:
        """Set keys with one update for all of them; for a topic, also without keys."""
        if change.kind == "topic":
            meta = {key: change.keys[key] for key in keys}
            try:
                await past_guard(
                    partial(
                        self._api.call,
                        routes.CHANGE_TOPIC,
                        identity,
                        body={"meta": meta},
                        dialog_id=change.dialog_id,
                        topic_id=change.entity_id,
                    )
                )
            except WriteEndedError:
                # This route does not say that a meta index refuses a key; the one in bulk does.
                if meta:
                    await self._ask(routes.SET_META_KEYS, identity, change, body={"meta": meta})
                raise
            return
        if change.kind == "pack":
            await self._set_in_bulk(identity, change, keys)
            return
        *others, last = keys
        if others:
            try:
                await self._set_in_bulk(identity, change, others)
            except CallError as error:
                if error.metadata.get("code") != routes.KEYS_REQUIRED:
                    raise
                # The last one may be what is required.
                await self._set_in_bulk(identity, change, keys)
        value = {"value": change.keys[last]}
        await self._ask(routes.SET_META_KEY, identity, change, body=value, key=last)

    async def _set_in_bulk(self, identity: Identity, change: Change, keys: list[str]) -> None:
        meta = {key: change.keys[key] for key in keys}
        await self._ask(routes.SET_META_KEYS, identity, change, body={"meta": meta})

    async def _ask(
        self,
        route: Route[m.Model],
        identity: Identity,
        change: Change,
        *,
        body: Any = None,
        key: str | None = None,
    ) -> None:
        segments: dict[str, Any] = {"kind": change.kind, "entity_id": change.entity_id}
        if key is not None:
            segments["key"] = key
        await past_guard(partial(self._api.call, route, identity, body=body, **segments))


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal; numbers are, whatever they are written as."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
