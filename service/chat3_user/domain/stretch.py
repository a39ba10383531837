"""Messages in a row from a place on, ordered by creation time and id: none missing, none twice.

The platform sorts by creation time alone, and several messages may have the same one. So the order
among those is ours, and they are taken together: what was fetched is used up to the last time whose
messages are all there. More is fetched when that is too little.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, NamedTuple

from chat3_user.domain.together import together
from chat3_user.errors import CallError, reasons
from chat3_user.paging import TIME_MAX, Cut, CutToken
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.times import to_nanoseconds
from chat3_user.validation.filters import CREATED, Plan, Query, Sort, narrowed, rendered

log = logging.getLogger(__name__)

_GROWTH: Final = 4
"""How many times as much is fetched when messages of one time fill all that was."""

_FIRST: Final = -TIME_MAX

Ask = Callable[[str, str, int], Awaitable[m.Page[m.Message]]]
"""Asks the platform for the first messages: by filter, sort and largest number."""


class Place(NamedTuple):
    """Where a message is: its time in nanoseconds since 1970, then its id."""

    time: int
    message_id: str

    def cut(self, *, above: bool) -> Cut:
        """Return what lies just above or just below the message."""
        return Cut(self.time, self.message_id, above)


class Placed(NamedTuple):
    """A message and its place."""

    place: Place
    message: m.Message


class Stretch(NamedTuple):
    """The messages next to a cut, the nearest first.

    ``more``: whether others follow. ``total``: how many the platform counted: all, without a cut.
    """

    rows: list[Placed]
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
    return _merged(parts, newest, start, count)


def place_of(message: m.Message | m.MessageId) -> Place:
    """Return the place of a message; one without a time comes before all others.

    Raises ``ValueError`` when its time is none.
    """
    created = message.created_at
    return Place(_FIRST if created is None else to_nanoseconds(created), message.message_id)


async def _newest(ask: Ask) -> Place:
    """Return the place of the newest message, whatever the filter; that before all for none."""
    found = await _answered(ask, Query(""), CutToken(newer=False, cut=None), 1)
    return found.rows[0].place if found.rows else Place(_FIRST, "")


def _merged(parts: Sequence[Stretch], newest: Place | None, start: CutToken, count: int) -> Stretch:
    """Return the nearest of all, as far as each of them is known; what two select is one."""
    rows = _ordered((row for part in parts for row in part.rows), start)
    ends = [part.rows[-1].place for part in parts if part.more]
    known = rows if newest is None else [row for row in rows if row.place <= newest]
    for end in ends:
        known = [row for row in known if (row.place <= end if start.newer else row.place >= end)]
    return Stretch(known[:count], bool(ends) or len(rows) > min(len(known), count))


async def _answered(ask: Ask, query: Query, start: CutToken, count: int) -> Stretch:
    sort = str(Sort(CREATED, "asc" if start.newer else "desc"))
    # One more shows whether others follow; the message beside the cut comes along with its time.
    limit = count + (1 if start.cut is None else 2)
    while True:
        page = await ask(query.filter, sort, limit)
        total, granted = page.pagination.total, page.pagination.limit
        with understood(routes.USER_MESSAGES):
            fetched = [Placed(place_of(message), message) for message in page.data]
        rows = _ordered((row for row in fetched if _is_wanted(row.place, query, start)), start)
        if len(fetched) < granted or not _is_admitted(fetched[-1].place, query):
            return Stretch(rows[:count], len(rows) > count, total)
        last = fetched[-1].place.time
        whole = sum(row.place.time != last for row in rows)
        if whole >= count or (whole and granted < limit):
            return Stretch(rows[: min(whole, count)], more=True, total=total)
        if granted < limit:
            raise _cut_short(granted)
        limit *= _GROWTH


def _cut_short(granted: int) -> CallError:
    """Return the failure for a platform that gives a part of what cannot be divided."""
    log.error("upstream shows too few messages of one time", extra={"granted": granted})
    return reasons.upstream_invalid_response(routes.USER_MESSAGES.name)


def _is_wanted(place: Place, query: Query, start: CutToken) -> bool:
    if not _is_admitted(place, query):
        return False
    return start.cut is None or start.cut.is_newer(*place) is start.newer


def _is_admitted(place: Place, query: Query) -> bool:
    return query.stop is None or query.stop.admits(place.time)


def _ordered(rows: Iterable[Placed], start: CutToken) -> list[Placed]:
    """Return the rows, the nearest to the start first; a message that comes twice is one."""
    by_place = dict(rows)
    places = sorted(by_place, reverse=not start.newer)
    return [Placed(place, by_place[place]) for place in places]
