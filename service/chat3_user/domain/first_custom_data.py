"""The custom data of a user that is being created: whether it may be, and how it is taken back.

A user is created without custom data, which separate requests write. What the tenant's meta indexes
refuse for what the request alone says is found out before; what they refuse for another reason has
been written up to that key.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.custom_data import Change, CustomDataChanges, same
from chat3_user.domain.meta_rules import MetaRules, refusal
from chat3_user.errors import CallError, reasons
from chat3_user.validation import Identity

log = logging.getLogger(__name__)

REFUSALS: Final = frozenset(
    {
        ErrorReason.UPSTREAM_REJECTED,
        ErrorReason.PERMISSION_MISSING,
        ErrorReason.META_INDEX_CONFLICT,
    }
)
"""What the platform says to custom data that it will never take."""


class FirstCustomData:
    """``change`` is of the kind `user` and sets keys; every method raises `CallError`."""

    def __init__(self, custom_data: CustomDataChanges, rules: MetaRules) -> None:
        self._custom_data = custom_data
        self._rules = rules

    async def prove_allowed(self, identity: Identity, change: Change) -> None:
        """Prove that no meta index refuses the custom data of a new user for what it says itself.

        The platform asks nothing of a user without custom data, and one may own some already.
        """
        indexes = await self._rules.of(identity, change.kind) if change.keys else []
        if not indexes:
            return
        owned = await self._custom_data.read(identity, change.kind, change.entity_id)
        refused = refusal(indexes, change.kind, change.keys, owned)
        if refused is not None:
            raise refused

    async def taken_back(
        self, conflict: CallError, identity: Identity, change: Change, before: Mapping[str, Any]
    ) -> CallError:
        """Remove the keys that were written; return what to tell, which names what is left."""
        written = [key for key in change.keys if key not in before]
        # What stood there before this attempt may be an earlier one's, or anybody's.
        stays = any(key in before and same(before[key], change.keys[key]) for key in change.keys)
        removal = Change(change.kind, change.entity_id, {}, written)
        try:
            await self._custom_data.make(identity, removal)
        except CallError as error:
            if error.reason not in REFUSALS:
                raise
            log.warning("custom data of a refused user stays", extra={"problem": error})
            stays = True
        return reasons.leaving(conflict, change.entity_id) if stays else conflict


def is_part(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether an interrupted attempt may have written all of this custom data."""
    return all(key in wanted and same(value, wanted[key]) for key, value in there.items())
