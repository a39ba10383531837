"""Keeps a filter from finding deleted messages by what they said.

What a deleted message said is never shown; a condition that it meets would show it piece by piece.
"""

from typing import Final

from chat3_user.validation.filters.fields import META
from chat3_user.validation.filters.plan import Branch, Plan
from chat3_user.validation.filters.syntax import Condition

_CONTENT: Final = "content"
_NOT_DELETED: Final = Condition("deleted", "ne", value=True)


def without_deleted(plan: Plan) -> Plan:
    """Return the plan with a condition more, where it looks at what a deleted message said."""
    return tuple(_without_deleted(branch) for branch in plan)


def _without_deleted(branch: Branch) -> Branch:
    if any(c.name == _CONTENT or c.name.startswith(META) for c in branch):
        return (*branch, _NOT_DELETED)
    return branch
