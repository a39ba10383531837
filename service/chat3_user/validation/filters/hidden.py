"""Keeps a filter from finding deleted messages by what they said.

What a deleted message said is never shown; a condition that it meets would show it piece by piece.
"""

from typing import Final

from chat3_user.validation.filters.errors import FilterError
from chat3_user.validation.filters.fields import META
from chat3_user.validation.filters.grammar import MAX_OPERANDS
from chat3_user.validation.filters.plan import Branch, Plan
from chat3_user.validation.filters.syntax import Condition

_CONTENT: Final = "content"


def without_deleted(plan: Plan) -> Plan:
    """Return the plan with a condition more, where it looks at what a deleted message said.

    Raises ``FilterError`` when there is no place for it.
    """
    return tuple(_without_deleted(branch) for branch in plan)


def _without_deleted(branch: Branch) -> Branch:
    said = next((c for c in branch if c.name == _CONTENT or c.name.startswith(META)), None)
    if said is None:
        return branch
    if len(branch) == MAX_OPERANDS:
        raise FilterError(
            said.position,
            f"at most {MAX_OPERANDS - 1} conditions in one and with `content` or `meta`: deleted "
            "messages are left out by one more",
        )
    return (*branch, Condition("deleted", "ne", value=True, position=said.position))
