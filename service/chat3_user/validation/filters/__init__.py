"""Filters and sorts of lists: read by a grammar of ours, written anew for the platform.

Nothing a caller wrote reaches the platform as it was written: its own parser lets a filter replace
the scope of a list, ignores text it cannot read, and evaluates some combinations to other results
than they say. What it would not evaluate as written here is refused with the position and a rule.
"""

from functools import lru_cache
from typing import Final

from chat3_user.validation.filters.errors import FilterError
from chat3_user.validation.filters.fields import DIALOGS, MESSAGES, ListFields
from chat3_user.validation.filters.grammar import MAX_LENGTH, parse
from chat3_user.validation.filters.hidden import without_deleted
from chat3_user.validation.filters.plan import planned
from chat3_user.validation.filters.render import rendered
from chat3_user.validation.filters.sort import parse_sort

__all__ = [
    "MAX_LENGTH",
    "FilterError",
    "parse_dialog_filter",
    "parse_dialog_sort",
    "parse_message_filter",
    "parse_message_sort",
]

# Clients repeat a handful of filters; an entry is a few kilobytes at most.
_CACHED: Final = 1024


@lru_cache(maxsize=_CACHED)
def parse_dialog_filter(text: str) -> str:
    """Return the filter of a list of dialogs as the platform reads it; '' for an empty one."""
    return _filter(text, DIALOGS)


@lru_cache(maxsize=_CACHED)
def parse_message_filter(text: str) -> str:
    """Return the filter of a list of messages as the platform reads it; '' for an empty one."""
    return _filter(text, MESSAGES)


@lru_cache(maxsize=_CACHED)
def parse_dialog_sort(text: str) -> str:
    """Return the sort of a list of dialogs as the platform reads it; '' for an empty one."""
    return parse_sort(text, DIALOGS.sortable)


@lru_cache(maxsize=_CACHED)
def parse_message_sort(text: str) -> str:
    """Return the sort of a list of messages as the platform reads it; '' for an empty one."""
    return parse_sort(text, MESSAGES.sortable)


def _filter(text: str, fields: ListFields) -> str:
    tree = parse(text, fields)
    if tree is None:
        return ""
    plan = planned(tree, fields)
    return rendered(without_deleted(plan) if fields is MESSAGES else plan)
