"""Turns a filter into what the platform evaluates as it is meant: an or of ands.

The platform's evaluation has rules nobody wrote down. Beside an or it may drop an and; the second
of two conditions on one field replaces the first; on messages, two meta conditions select what
either of them selects unless they stand in an or; there, a number also equals its text, and ``ne``
also selects what lacks the key. An or of ands, with the operators chosen here, is safe from all.
"""

from dataclasses import replace
from itertools import product
from typing import Final

from chat3_user.validation.filters.errors import FilterError
from chat3_user.validation.filters.fields import MAX_OPERANDS, META, ListFields
from chat3_user.validation.filters.syntax import Condition, Tree
from chat3_user.validation.filters.values import is_listable

Branch = tuple[Condition, ...]
Plan = tuple[Branch, ...]

_LOOSE_NE: Final = (
    "`ne` with text that cannot stand in a list cannot be combined here; see the rule for lists"
)


def planned(tree: Tree, fields: ListFields) -> Plan:
    """Return the filter as alternatives, each a conjunction; raise ``FilterError``."""
    plan = _alternatives(tree)
    for branch in plan:
        _check_branch(branch, alone=len(plan) == 1, fields=fields)
    if len(plan) == 1:
        if not _needs_or(plan[0], fields):
            return plan
        plan *= 2  # said twice, a conjunction is an or
    return tuple(tuple(_strict(condition) for condition in branch) for branch in plan)


def _alternatives(tree: Tree) -> Plan:
    """Multiply an and over the ors inside it; bounded before it is computed."""
    if isinstance(tree, Condition):
        return ((tree,),)
    parts = [_alternatives(operand) for operand in tree.operands]
    if tree.joint == "|":
        plan = tuple(branch for part in parts for branch in part)
    else:
        count = 1
        for part in parts:
            count *= len(part)
        if count > MAX_OPERANDS:
            raise FilterError(
                tree.position, f"at most {MAX_OPERANDS} alternatives, written out as an or of ands"
            )
        plan = tuple(tuple(c for branch in choice for c in branch) for choice in product(*parts))
    if len(plan) > MAX_OPERANDS or any(len(branch) > MAX_OPERANDS for branch in plan):
        raise FilterError(
            tree.position,
            f"at most {MAX_OPERANDS} alternatives of {MAX_OPERANDS} conditions, written out as an "
            "or of ands",
        )
    return plan


def _check_branch(branch: Branch, *, alone: bool, fields: ListFields) -> None:
    """Refuse conjunctions the platform evaluates to something else, and too long ones."""
    if len(branch) > fields.and_max:
        raise FilterError(
            branch[fields.and_max].position,
            f"at most {fields.and_max} conditions in one and, written out as an or of ands",
        )
    by_name: dict[str, Condition] = {}
    for condition in branch:
        if not alone and fields.only_meta_in_or and not _is_meta(condition):
            raise FilterError(
                condition.position, "only `meta` conditions may stand in or beside an or"
            )
        if condition.name in by_name:
            raise FilterError(condition.position, f"`{condition.written}` stands twice in one and")
        by_name[condition.name] = condition
    meta = next((condition for condition in branch if _is_meta(condition)), None)
    seen, last_message = by_name.get("lastSeenAt"), by_name.get("lastMessageAt")
    if seen is not None and last_message is not None:
        raise FilterError(
            last_message.position,
            f"`{seen.written}` and `{last_message.written}` cannot stand in one and",
        )
    message = by_name.get("messageId")
    if meta is not None and message is not None:
        raise FilterError(
            message.position, f"`{message.written}` and `meta` cannot stand in one and"
        )
    dialog = by_name.get("dialogId")
    if dialog is not None and dialog.operator != "eq" and (meta or "member" in by_name):
        raise FilterError(
            dialog.position,
            f"beside `meta` or `member`, `{dialog.written}` takes the operator eq only",
        )


def _needs_or(branch: Branch, fields: ListFields) -> bool:
    """Tell whether the platform evaluates the conjunction rightly only inside an or."""
    if any(condition.name in fields.only_in_or for condition in branch):
        return True
    return not fields.only_meta_in_or and sum(map(_is_meta, branch)) > 1


def _strict(condition: Condition) -> Condition:
    """Return a condition of an or in the form that compares types and ignores missing keys."""
    value = condition.value
    if not _is_meta(condition) or isinstance(value, tuple):
        return condition
    if condition.operator == "eq" and not isinstance(value, (str, bool)):
        return replace(condition, operator="in", value=(value,))
    if condition.operator == "ne":
        if not is_listable(value, condition.name):
            raise FilterError(condition.position, _LOOSE_NE)
        return replace(condition, operator="nin", value=(value,))
    return condition


def _is_meta(condition: Condition) -> bool:
    return condition.name.startswith(META)
