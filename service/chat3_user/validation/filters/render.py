"""Writes a plan in the platform's syntax; every character of it is chosen here."""

from decimal import Decimal
from typing import Final
from urllib.parse import quote

from chat3_user.validation.filters.errors import FilterError
from chat3_user.validation.filters.plan import Branch, Plan
from chat3_user.validation.filters.syntax import Condition, Scalar

# The filter travels in a URL, percent-encoded; Node.js refuses requests with 16 KiB of headers. The
# place of a page adds up to 60 bytes to each of 12 alternatives.
MAX_ENCODED: Final = 8000


def rendered_within_bounds(plan: Plan) -> str:
    """Return the plan as `rendered` does; raise ``FilterError`` when it is too long for a URL."""
    text = rendered(plan)
    if len(quote(text, safe="")) > MAX_ENCODED:
        raise FilterError(
            1, f"written out and percent-encoded, a filter has at most {MAX_ENCODED} bytes"
        )
    return text


def rendered(plan: Plan) -> str:
    """Return the plan as a filter the platform reads as it is meant."""
    branches = [_branch(branch) for branch in plan]
    if len(plan) > 1:
        branches = [
            f"({text})" if len(branch) > 1 else text
            for text, branch in zip(branches, plan, strict=True)
        ]
    return "|".join(branches)


def _branch(branch: Branch) -> str:
    return "&".join(_condition(condition) for condition in branch)


def _condition(condition: Condition) -> str:
    value = condition.value
    if isinstance(value, tuple):
        # Quotation marks around items are not known to be understood; is_listable saw to it
        # that none are needed.
        text = "[" + ",".join(_item(item) for item in value) + "]"
    else:
        # Quoted, text is text whatever it looks like; quotation marks inside need no escape,
        # because the platform takes off the outer two only.
        text = f'"{value}"' if isinstance(value, str) else _item(value)
    return f"({condition.name},{condition.operator},{text})"


def _item(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # repr may use an exponent, which the platform reads as text.
        return format(Decimal(repr(value)), "f")
    return str(value)
