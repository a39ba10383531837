"""What a tenant demands of the open data of new things, as far as the request alone can break it.

tenant-api writes the row of a dialog or a topic before it looks at its meta indexes. What they
refuse then is half written, and not even our key is there to find it by. So keys that are required,
and keys that are allowed, are looked at before: they depend on nothing but the request. Whether a
value is unique depends on other things and is left to the platform, which has our key by then.
"""

from collections.abc import Mapping
from typing import Any, Final

from chat3_user.domain.open_data import same
from chat3_user.errors import reasons
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import UnknownRouteError
from chat3_user.tenant_api.creating import keyed
from chat3_user.validation import Identity
from chat3_user.validation.text import WHITE_SPACE

_ANY_KEY: Final = "0"


class MetaRules:
    """Asks for a tenant's meta indexes; needs the key's `read` permission."""

    def __init__(self, api: TenantApi) -> None:
        self._api = api

    async def prove_creatable(
        self, identity: Identity, kind: str, wanted: Mapping[str, Any]
    ) -> None:
        """Prove that a new thing may have this open data, beside the key that we add.

        Platforms without meta indexes demand nothing. Raises `CallError`.
        """
        if self._api.lacks(routes.META_INDEXES):
            return
        try:
            answer = await self._api.call(routes.META_INDEXES, identity, kind=kind)
        except UnknownRouteError:
            return
        meta = keyed(wanted, _ANY_KEY)
        for index in answer.data:
            if index.mode == "allowed" and not meta.keys() <= set(index.keys):
                raise reasons.meta_index_conflict(kind, routes.KEY_NOT_ALLOWED)
            lacking = index.mode == "required" and not set(index.keys) <= meta.keys()
            if lacking and holds(index.when, meta):
                raise reasons.meta_index_conflict(kind, routes.KEYS_REQUIRED)


def holds(when: m.When | None, meta: Mapping[str, Any]) -> bool:
    """Tell whether an index is about this open data."""
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
