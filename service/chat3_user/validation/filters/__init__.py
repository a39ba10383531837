"""Filters and sorts of lists: read by a grammar of ours, written anew for the platform.

Nothing a caller wrote reaches the platform as it was written: its own parser lets a filter replace
the scope of a list, ignores text it cannot read, and evaluates some combinations to other results
than they say. What it would not evaluate as written here is refused with the position and a rule.
"""

from functools import lru_cache
from typing import Final

import msgspec

from chat3_user.validation.filters.errors import FilterError
from chat3_user.validation.filters.fields import (
    DIALOGS,
    MESSAGES,
    PACKS,
    TENANT_DIALOGS,
    TENANT_MESSAGES,
    TENANT_PACKS,
    USERS,
    ListFields,
)
from chat3_user.validation.filters.grammar import MAX_LENGTH, parse
from chat3_user.validation.filters.hidden import without_deleted
from chat3_user.validation.filters.narrowing import CREATED, Query, Stop, narrowed
from chat3_user.validation.filters.plan import Plan, planned
from chat3_user.validation.filters.render import rendered, rendered_within_bounds
from chat3_user.validation.filters.sort import Sort, parse_sort

__all__ = [
    "CREATED",
    "MAX_LENGTH",
    "FilterError",
    "Plan",
    "Query",
    "Sort",
    "Stop",
    "messages_by_time",
    "narrowed",
    "parse_dialog_filter",
    "parse_dialog_sort",
    "parse_message_filter",
    "parse_message_sort",
    "parse_pack_filter",
    "parse_pack_sort",
    "parse_tenant_dialog_filter",
    "parse_tenant_dialog_sort",
    "parse_tenant_message_filter",
    "parse_tenant_message_sort",
    "parse_tenant_pack_filter",
    "parse_tenant_pack_sort",
    "parse_user_filter",
    "parse_user_sort",
    "planned_message_filter",
    "planned_tenant_message_filter",
    "rendered",
]

# Clients repeat a handful of filters; an entry is a few kilobytes at most.
_CACHED: Final = 1024
_USER: Final = "userId"
_EVERYTHING: Final[Plan] = ((),)


@lru_cache(maxsize=_CACHED)
def parse_dialog_filter(text: str) -> str:
    """Return the filter of a list of dialogs as the platform reads it; '' for an empty one."""
    return rendered_within_bounds(_plan(text, DIALOGS))


@lru_cache(maxsize=_CACHED)
def parse_message_filter(text: str) -> str:
    """Return the filter of a list of messages as the platform reads it; '' for an empty one."""
    return rendered_within_bounds(planned_message_filter(text))


@lru_cache(maxsize=_CACHED)
def planned_message_filter(text: str) -> Plan:
    """Return the filter of a list of messages as `narrowed` takes it."""
    return without_deleted(_plan(text, MESSAGES))


@lru_cache(maxsize=_CACHED)
def parse_pack_filter(text: str) -> str:
    """Return the filter of a list of packs as the platform reads it; '' for an empty one."""
    return rendered_within_bounds(_plan(text, PACKS))


@lru_cache(maxsize=_CACHED)
def parse_dialog_sort(text: str) -> str:
    """Return the sort of a list of dialogs as the platform reads it; '' for an empty one."""
    return str(parse_sort(text, DIALOGS.sortable) or "")


@lru_cache(maxsize=_CACHED)
def parse_message_sort(text: str) -> str:
    """Return the sort of a list of messages as the platform reads it; '' for an empty one."""
    return str(parse_sort(text, MESSAGES.sortable) or "")


@lru_cache(maxsize=_CACHED)
def parse_pack_sort(text: str) -> Sort:
    """Return the sort of a list of packs; the newest first for an empty one."""
    return parse_sort(text, PACKS.sortable) or Sort(CREATED, "desc")


@lru_cache(maxsize=_CACHED)
def parse_user_filter(text: str) -> str:
    """Return the filter of a list of users as the platform reads it; '' for an empty one."""
    return rendered_within_bounds(_plan(text, USERS))


@lru_cache(maxsize=_CACHED)
def parse_user_sort(text: str) -> str:
    """Return the sort of a list of users; the newest first for an empty one.

    The platform takes JSON alone for this list. Users whom the field does not tell apart come by
    their ids.
    """
    found = parse_sort(text, USERS.sortable) or Sort(CREATED, "desc")
    keys = {found.field: 1 if found.direction == "asc" else -1}
    return msgspec.json.encode({**keys, _USER: keys.get(_USER, 1)}).decode()


@lru_cache(maxsize=_CACHED)
def parse_tenant_dialog_filter(text: str) -> str:
    """Return the filter of a tenant's dialogs as the platform reads it; '' for an empty one."""
    return rendered_within_bounds(_plan(text, TENANT_DIALOGS))


@lru_cache(maxsize=_CACHED)
def parse_tenant_dialog_sort(text: str) -> Sort:
    """Return the sort of a tenant's dialogs; the newest first for an empty one."""
    return parse_sort(text, TENANT_DIALOGS.sortable) or Sort(CREATED, "desc")


@lru_cache(maxsize=_CACHED)
def parse_tenant_message_filter(text: str) -> str:
    """Return the filter of a tenant's messages as the platform reads it; '' for an empty one."""
    return rendered_within_bounds(planned_tenant_message_filter(text))


@lru_cache(maxsize=_CACHED)
def planned_tenant_message_filter(text: str) -> Plan:
    """Return the filter of a tenant's messages as `narrowed` takes it."""
    return without_deleted(_plan(text, TENANT_MESSAGES))


@lru_cache(maxsize=_CACHED)
def parse_tenant_message_sort(text: str) -> Sort:
    """Return the sort of a tenant's messages; the newest first for an empty one."""
    return parse_sort(text, TENANT_MESSAGES.sortable) or Sort(CREATED, "desc")


def parse_tenant_pack_filter(text: str) -> str:
    """Return the filter of a tenant's packs as the platform reads it; '' for an empty one."""
    return rendered_within_bounds(_plan(text, TENANT_PACKS))


@lru_cache(maxsize=_CACHED)
def parse_tenant_pack_sort(text: str) -> Sort:
    """Return the sort of a tenant's packs; the newest first for an empty one."""
    return parse_sort(text, TENANT_PACKS.sortable) or Sort(CREATED, "desc")


@lru_cache(maxsize=_CACHED)
def messages_by_time(sort: str) -> Sort | None:
    """Return the sort of a list of messages when it is by creation time, as an empty one is."""
    found = parse_sort(sort, MESSAGES.sortable) or Sort(CREATED, "desc")
    return found if found.field == CREATED else None


def _plan(text: str, fields: ListFields) -> Plan:
    tree = parse(text, fields)
    return _EVERYTHING if tree is None else planned(tree, fields)
