"""Writes meta key by key, as the platform does: what was written before a failure stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chat3_embedded import meta_rules
from chat3_embedded.errors import internal
from chat3_embedded.jsonvalues import own_keys

if TYPE_CHECKING:
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.meta_rules import Owner
    from chat3_embedded.steps import Steps
    from chat3_embedded.store import Store

_Result = TypeVar("_Result")


def write_meta(
    store: Store, owner: Owner, meta: JsonObject, name: str | None = None
) -> Steps[None]:
    """Set the keys one by one, in the order of the request's object.

    Raises:
        MetaRuleError: The tenant's indexes do not allow it.

    """
    meta_rules.check_request(store, owner, meta)
    for key in own_keys(meta):
        meta_rules.check_key(store, owner, key, meta[key])
        store.meta.put(*owner, key, meta[key])
        yield name or f"{owner[1]} meta"


def coded(steps: Steps[_Result]) -> Steps[_Result]:
    """Answer a broken rule with its code, as the routes of meta and the creation of packs do."""
    try:
        return (yield from steps)
    except meta_rules.MetaRuleError as error:
        raise error.answer() from None


def uncoded(steps: Steps[_Result], prefix: str = "") -> Steps[_Result]:
    """Answer a broken rule with a 500, as all other routes do: what was written stays."""
    try:
        return (yield from steps)
    except meta_rules.MetaRuleError as error:
        raise internal(f"{prefix}{error}") from None
