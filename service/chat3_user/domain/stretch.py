"""Messages in a row from a place on: none missing, none twice.

The platform sorts by creation time alone, and several messages may have the same one. So the order
among those is ours, and they are taken together: what was fetched is used up to the last time whose
messages are all there. More is fetched when that is too little.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from chat3_user.domain.places import FIRST, Place, in_order, place_of
from chat3_user.domain.together import together
from chat3_user.errors import CallError, reasons
from chat3_user.paging import CutToken
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation.filters import CREATED, Plan, Query, Sort, narrowed, rendered

log = logging.getLogger(__name__)

_GROWTH: Final = 4
"""How many times as much is fetched when messages of one time fill all that was."""

Ask = Callable[[str, str, int], Awaitable[m.Page[m.Message]]]
"""Asks the platform for the first messages: by filter, sort and largest number."""


class Stretch(NamedTuple):
    """The messages next to a cut, the nearest first.

    ``more``: whether others follow. ``total``: how many the platform counted: all, without a cut.
    """

    rows: list[m.Message]
    more: bool
    total: int | None = None


async def stretch(ask: Ask, plan: Plan, start: CutToken, count: int) -> Stretch:
    """Return the first messages of the plan from ``start`` on, up to ``count``.

    Raises `CallError`.
    """
    if start.cut is None:
        return await _answered(ask, Query(rendered(plan)), start, count)
    queries = narrowed(plan, start.cut.time, newer=start.newer)
    if len(queries) == 1:
        return await _answered(ask, queries[0], start, count)
    # What was written after one of them was asked, another may lack: that waits for the next page.
    newest = await _newest(ask) if start.newer else None
    parts = await together([_answered(ask, query, start, count) for query in queries])
    return _merged(parts, newest, count, newer=start.newer)


async def _answered(ask: Ask, query: Query, start: CutToken, count: int) -> Stretch:
    sort = str(Sort(CREATED, "asc" if start.newer else "desc"))
    # One more shows whether others follow; the message beside the cut comes along with its time.
    limit = first = count + (1 if start.cut is None else 2)
    while True:
        page = await ask(query.filter, sort, limit)
        total, granted = page.pagination.total, page.pagination.limit
        with understood(routes.USER_MESSAGES):
            messages, times = in_order(page.data, newer=start.newer)
        end = _admitted(times, query)
        begin = _behind(messages, times, end, start)
        if len(page.data) < granted or end < len(times):
            return Stretch(messages[begin:end][:count], end - begin > count, total)
        # There may be more of the last time.
        whole = times.index(times[-1])
        if whole - begin >= count or (whole > begin and granted < limit):
            return Stretch(messages[begin:whole][:count], more=True, total=total)
        if granted < limit and limit > first:
            raise _cut_short(granted)
        limit *= _GROWTH


def _admitted(times: Sequence[int], query: Query) -> int:
    """Return how many of the times are before the query's stop."""
    end = len(times)
    while query.stop is not None and end and not query.stop.admits(times[end - 1]):
        end -= 1
    return end


def _behind(messages: Sequence[m.Message], times: Sequence[int], end: int, start: CutToken) -> int:
    """Return how many of the messages up to ``end`` are not beyond the cut."""
    begin, cut = 0, start.cut
    while (
        cut is not None
        and begin < end
        and cut.is_newer(times[begin], messages[begin].message_id) is not start.newer
    ):
        begin += 1
    return begin


def _cut_short(granted: int) -> CallError:
    """Return the failure for a platform that gives a part of what cannot be divided."""
    log.error("upstream shows too few messages of one time", extra={"granted": granted})
    return reasons.upstream_invalid_response(routes.USER_MESSAGES.name)


async def _newest(ask: Ask) -> Place:
    """Return the place of the newest message, whatever the filter; that before all for none."""
    found = await _answered(ask, Query(""), CutToken(newer=False, cut=None), 1)
    return place_of(found.rows[0]) if found.rows else Place(FIRST, "")


def _merged(parts: Sequence[Stretch], newest: Place | None, count: int, *, newer: bool) -> Stretch:
    """Return the nearest of all, as far as each of them is known; what two select is one."""
    rows, _ = in_order([row for part in parts for row in part.rows], newer=newer)
    ends = [place_of(part.rows[-1]) for part in parts if part.more]
    known = [
        row
        for row in rows
        if (newest is None or place_of(row) <= newest)
        and all(place_of(row) <= end if newer else place_of(row) >= end for end in ends)
    ]
    return Stretch(known[:count], bool(ends) or len(rows) > min(len(known), count))
