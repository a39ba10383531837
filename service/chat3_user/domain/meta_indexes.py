"""Meta indexes of the tenant, for back ends: created, read, deleted.

To an index of allowed keys this service adds the keys of its own, so that it can go on creating
things of the kind. An index that is to be created and is there is the answer, whoever created it.
One that is to be deleted was looked up before, so one that is gone after an attempt was deleted by
it.
"""

from functools import partial
from typing import Any

from chat3_user.domain.custom_data import same
from chat3_user.domain.guard import past_guard
from chat3_user.domain.past_attempts import began
from chat3_user.errors import reasons
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.creating import SERVICE_KEYS
from chat3_user.validation import Identity


class MetaIndexes:
    """Every method raises `CallError`."""

    def __init__(self, api: TenantApi) -> None:
        self._api = api

    async def of(self, identity: Identity, kind: str) -> list[m.MetaIndex]:
        """Return the indexes of a kind of thing."""
        answer = await self._api.call(routes.META_INDEXES, identity, kind=kind)
        return answer.data

    async def known(self, identity: Identity, kind: str, index_id: str) -> m.MetaIndex:
        """Return one index. It is looked for in the list, so that no path is made of any text."""
        for index in await self.of(identity, kind):
            if index.index_id == index_id:
                return index
        raise reasons.meta_index_not_found(kind, index_id)

    async def create(
        self, identity: Identity, kind: str, spec: dict[str, Any], *, dry: bool
    ) -> m.MetaIndex:
        """Create an index, as the platform takes its ``spec``; ``dry`` only looks at the data."""
        spec = with_service_keys(kind, spec)
        query = {"dryRun": "true"} if dry else None
        ask = partial(self._api.call, routes.CREATE_META_INDEX, identity, query=query, body=spec)
        answer = await past_guard(partial(ask, kind=kind))
        return answer.data

    async def find(self, identity: Identity, kind: str, spec: dict[str, Any]) -> m.MetaIndex | None:
        """Return the index that has this ``spec``; None without one."""
        spec = with_service_keys(kind, spec)
        wanted = (spec["mode"], sorted(spec["keys"]))
        for index in await self.of(identity, kind):
            if (index.mode, sorted(index.keys)) == wanted and _is_about(index.when, spec):
                return index
        return None

    async def delete(self, identity: Identity, kind: str, index_id: str) -> None:
        """Delete an index that was found; custom data stays as it is."""
        ask = partial(self._api.call, routes.DELETE_META_INDEX, identity)
        await past_guard(partial(ask, kind=kind, index_id=index_id))

    async def was_deleted(
        self, identity: Identity, kind: str, index_id: str, earlier: Earlier
    ) -> bool:
        """Tell whether an earlier attempt, which had found the index, deleted it."""
        if began(earlier) is None:
            return False
        return all(index.index_id != index_id for index in await self.of(identity, kind))


def with_service_keys(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return a spec that allows this service its own keys, where it is one of allowed keys."""
    if spec["mode"] != "allowed":
        return spec
    return {**spec, "keys": sorted({*spec["keys"], *SERVICE_KEYS.get(kind, ())})}


def _is_about(when: m.When | None, spec: dict[str, Any]) -> bool:
    """Tell whether a condition is that of a spec."""
    asked = spec.get("when")
    if when is None or asked is None:
        return when is None and asked is None
    is_same = (when.key, when.op) == (asked["key"], asked["op"])
    return is_same and same(when.value, asked["value"])
