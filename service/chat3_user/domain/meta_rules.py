"""What a tenant demands of the custom data of new things, as far as the request alone can break it.

tenant-api writes the row of a dialog, topic or message before it looks at its meta indexes. What
they refuse then is half written, and not even our key is there to find it by. So keys that are
required, and keys that are allowed, are looked at before: they depend on nothing but the request.
Whether a value is unique depends on other things and is left to the platform, which has our key by
then.

An index of allowed keys may leave out a key of this service itself. Then nothing of the kind can be
created, whatever is asked for; that is a failure of its own, which names the key to allow.
"""

from collections.abc import Mapping
from typing import Any, Final

from cachetools import TTLCache

from chat3_user.domain.access import PROOF_SECONDS
from chat3_user.domain.custom_data import same
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import UnknownRouteError
from chat3_user.tenant_api.creating import ANY_KEY, SERVICE_KEYS
from chat3_user.tenant_api.sending import SEND_KEY
from chat3_user.validation import Identity
from chat3_user.validation.text import WHITE_SPACE

_MESSAGE: Final = "message"
_KEPT_MAX: Final = 1_000
_EMPTY: Final[Mapping[str, Any]] = {}


class MetaRules:
    """Asks for a tenant's meta indexes; needs the key's `read` permission."""

    def __init__(self, api: TenantApi) -> None:
        self._api = api
        self._kept: TTLCache[Identity, list[m.MetaIndex]] = TTLCache(_KEPT_MAX, PROOF_SECONDS)

    async def of(self, identity: Identity, kind: str) -> list[m.MetaIndex]:
        """Return the indexes of a kind of thing; platforms without meta indexes have none.

        Raises `CallError`.
        """
        if self._api.lacks(routes.META_INDEXES):
            return []
        try:
            answer = await self._api.call(routes.META_INDEXES, identity, kind=kind)
        except UnknownRouteError:
            return []
        return answer.data

    async def prove_creatable(self, identity: Identity, kind: str, meta: Mapping[str, Any]) -> None:
        """Prove that a new thing may have this custom data, which is as it will be sent.

        Raises `CallError`.
        """
        refused = refusal(await self.of(identity, kind), kind, meta)
        if refused is not None:
            raise refused

    async def prove_sendable(self, identity: Identity, wanted: Mapping[str, Any]) -> None:
        """Prove that a new message may have this custom data, beside the key that is added.

        Messages are many: what was demanded within the last `PROOF_SECONDS` counts, but for a
        refusal. Raises `CallError`.
        """
        meta = {SEND_KEY: ANY_KEY, **wanted}
        kept = self._kept.get(identity)
        if kept is None or refusal(kept, _MESSAGE, meta) is not None:
            self._kept[identity] = kept = await self.of(identity, _MESSAGE)
        refused = refusal(kept, _MESSAGE, meta)
        if refused is not None:
            raise refused


def refusal(
    indexes: list[m.MetaIndex],
    kind: str,
    meta: Mapping[str, Any],
    present: Mapping[str, Any] = _EMPTY,
) -> CallError | None:
    """Return why indexes refuse custom data that is set where ``present`` is; None when none does.

    The keys of ours are looked at first: of those a caller can change nothing.
    """
    ours = SERVICE_KEYS.get(kind, ())
    merged = {**present, **meta}
    for index in sorted(indexes, key=lambda index: index.mode):
        if index.mode == "allowed":
            outside = sorted(meta.keys() - set(index.keys), key=lambda key: (key not in ours, key))
            if outside and outside[0] in ours:
                return reasons.service_key_not_allowed(kind, index.index_id, outside[0])
            if outside:
                return reasons.meta_index_conflict(
                    kind, routes.KEY_NOT_ALLOWED, index_id=index.index_id, key=outside[0]
                )
        elif index.mode == "required":
            lacking = [key for key in index.keys if key not in merged]
            if lacking and holds(index.when, merged):
                return reasons.meta_index_conflict(
                    kind, routes.KEYS_REQUIRED, index_id=index.index_id, key=lacking[0]
                )
    return None


def holds(when: m.When | None, meta: Mapping[str, Any]) -> bool:
    """Tell whether an index is about this custom data."""
    if when is None:
        return True
    there = when.key in meta
    match when.op:
        case "exists":
            return there == (when.value is not False)
        case "in":
            wanted = when.value if isinstance(when.value, list) else []
            return there and any(_alike(meta[when.key], value) for value in wanted)
        case "eq":
            return there and _alike(meta[when.key], when.value)
        case "ne":
            return not (there and _alike(meta[when.key], when.value))
    return False


def _alike(one: Any, other: Any) -> bool:
    """Tell whether two values are one to an index: it trims text and ignores its letter case."""
    return same(_normal(one), _normal(other))


def _normal(value: Any) -> Any:
    return value.strip(WHITE_SPACE).lower() if isinstance(value, str) else value
