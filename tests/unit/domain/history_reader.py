"""Reads pages of messages and holds each against what the platform had at that moment."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from history_platform import ALICE, BASE, ULP, Platform, Row

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.history import MessagesPage, messages_page
from chat3_user.methods import METHODS
from chat3_user.validation import validate

Meets = Callable[[Row], bool]
# Neighbouring doubles, and times that stand alone.
TIMES = (BASE, BASE + ULP, BASE + 1, BASE + 2.5)
_T0, _T1, _T2, _ = (f"{time:.6f}" for time in TIMES)
_TODAY, _TOMORROW = f"{BASE + 1e8:.6f}", f"{BASE + 2e8:.6f}"

# Times of filters are those of messages, so that bounds and places meet. What looks at content or
# meta meets no deleted message, which the reader sees to.
FILTERS: dict[str, Meets] = {
    "": lambda _: True,
    "(sender_id,eq,bob)": lambda row: row.sender == "bob",
    f"(create_time,gte,{_T1})": lambda row: row.time >= TIMES[1],
    f"(create_time,gt,{_T1})": lambda row: row.time > TIMES[1],
    f"(create_time,lt,{_T2})&(sender_id,ne,bob)": lambda row: (
        row.time < TIMES[2] and row.sender != "bob"
    ),
    f"(create_time,lte,{_T1})": lambda row: row.time <= TIMES[1],
    f"((create_time,gte,{_T2})&(sender_id,eq,alice))|((create_time,gt,{_T0})&(sender_id,eq,bob))"
    f"|((create_time,lte,{_T1})&(sender_id,eq,bob))": lambda row: (
        (row.time >= TIMES[2] and row.sender == "alice") or row.sender == "bob"
    ),
    f"((create_time,lt,{_T2})&(sender_id,eq,bob))|(sender_id,eq,alice)": lambda row: (
        row.sender == "alice" or row.time < TIMES[2]
    ),
    # Both alternatives meet what is written while they are asked one after the other.
    f"((create_time,lt,{_TODAY})&(sender_id,eq,alice))"
    f"|((create_time,lt,{_TOMORROW})&(sender_id,eq,bob))": lambda _: True,
    "(meta.n,eq,1)": lambda row: row.n == 1,
    f"((meta.n,eq,1)|(meta.n,eq,2))&(create_time,gt,{_T0})": lambda row: (
        row.n in (1, 2) and row.time > TIMES[0]
    ),
}


@dataclass(frozen=True)
class Continuation:
    """A token, and what a test knows about it: which way it goes, and from just where.

    The place is just above ``row`` or just below it; without a row, the end of the list.
    """

    request: pb.GetDialogMessagesRequest
    newer: bool
    row: Row | None = None
    above: bool = False


class Reader:
    """Every page is what lies next to its place, as far as others let it stay the same."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def begin(self, request: pb.GetDialogMessagesRequest) -> list[Continuation]:
        """Read the first page; return what continues it, both ways."""
        return self.read(Continuation(request, newer=_ascending(request)))

    def read(self, place: Continuation) -> list[Continuation]:
        """Read the page of a token; return what continues it, both ways."""
        size = place.request.page_size or 10
        forward = place.newer is _ascending(place.request)
        before = self._beyond(place)
        page = self._page(place.request)
        now = self._beyond(place)
        walked = _ids(page) if forward else _ids(page)[::-1]
        if place.row is None and not place.newer:
            # It begins with the newest of the moment, which may have changed since.
            now = _from_first(now, walked, spare=len(now) - len(before))
        rows = now[: len(walked)]
        assert walked == [row.message_id for row in rows]
        assert min(size, len(before)) <= len(walked) <= size
        if not forward:
            assert page.next_token
        elif page.next_token:
            assert len(walked) < len(now)
        else:
            assert len(walked) >= len(before)
        return _continued(page, place, rows if forward else rows[::-1])

    def around(self, request: pb.GetDialogMessagesRequest, middle: Row) -> list[Continuation]:
        """Read the page around a message, while nobody writes; return what continues it."""
        ascending = _ascending(request)
        older = self._beyond(Continuation(request, newer=False, row=middle, above=True))
        newer = self._beyond(Continuation(request, newer=True, row=middle, above=True))
        page = self._page(replace(request, around_message_id=middle.message_id))
        size = request.page_size or 10
        older_count = size // 2 + 1
        rows = older[:older_count][::-1] + newer[: size - older_count]
        rows = rows if ascending else rows[::-1]
        assert _ids(page) == [row.message_id for row in rows]
        more = len(newer) > size - older_count if ascending else len(older) > older_count
        assert bool(page.next_token) is more
        return _continued(page, Continuation(request, ascending, middle, above=True), rows)

    def _page(self, request: pb.GetDialogMessagesRequest) -> MessagesPage:
        validate(request, METHODS["GetDialogMessages"].rules)
        before = len(self._matching(request))
        call = Call("GetDialogMessages", "request", ALICE)
        page = asyncio.run(messages_page(self.platform.api, call, request))
        while self.platform.meanwhile:
            self.platform.meanwhile.pop(0)()
        if request.include_total_size:
            assert page.total is not None
            assert before <= page.total <= len(self._matching(request))
        else:
            assert page.total is None
        assert page.previous_token
        return page

    def _matching(self, request: pb.GetDialogMessagesRequest) -> list[Row]:
        """Return the rows that the request's filter meets, the oldest first."""
        meets = FILTERS[request.filter]
        hides = "meta." in request.filter
        return [
            row
            for row in self.platform.rows
            if meets(row) and not (hides and row.message_id in self.platform.deleted)
        ]

    def _beyond(self, place: Continuation) -> list[Row]:
        """Return the rows beyond a place in its direction, the nearest first."""
        rows = self._matching(place.request)
        row = place.row
        if row is not None:
            rows = [
                other
                for other in rows
                if (other > row if place.above else other >= row) is place.newer
            ]
        return rows if place.newer else rows[::-1]


def _from_first(rows: list[Row], ids: list[str], *, spare: int) -> list[Row]:
    """Return the rows from the first of the ids on, where that is among the ``spare`` first."""
    first = rows[: spare + 1]
    starts = [at for at, row in enumerate(first) if [row.message_id] == ids[:1]]
    return rows[starts[0] :] if starts else rows


def _ascending(request: pb.GetDialogMessagesRequest) -> bool:
    return request.sort.endswith(",asc)")


def _ids(page: MessagesPage) -> list[str]:
    return [message.message_id for message in page.messages]


def _continued(page: MessagesPage, place: Continuation, shown: list[Row]) -> list[Continuation]:
    request, ascending = place.request, _ascending(place.request)
    found = []
    if page.next_token:
        row, above = (shown[-1], ascending) if shown else (place.row, place.above)
        found.append(
            Continuation(replace(request, page_token=page.next_token), ascending, row, above)
        )
    row, above = (shown[0], not ascending) if shown else (place.row, place.above)
    found.append(
        Continuation(replace(request, page_token=page.previous_token), not ascending, row, above)
    )
    return found
