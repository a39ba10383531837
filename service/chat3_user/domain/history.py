"""Pages of a list of messages: by place when it is sorted by creation time, else by number."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.places import place_of
from chat3_user.domain.stretch import Ask, Stretch, stretch
from chat3_user.domain.together import both
from chat3_user.paging import (
    Cut,
    CutToken,
    ListRequest,
    Tokens,
    is_numbered,
    numbered_page,
    page_size,
    read_cut,
)
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import paged
from chat3_user.validation import parse_message_filter, parse_message_sort
from chat3_user.validation.filters import (
    Plan,
    Sort,
    messages_by_time,
    planned_message_filter,
    rendered,
)


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """A page in the requested order, what continues it, and the total where it was asked for."""

    messages: list[m.Message]
    next_token: str
    previous_token: str = ""
    total: int | None = None


class HistoryRequest(ListRequest, Protocol):
    """What every request for a list of messages has."""

    include_total_size: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A list of messages as one caller may read it: what ``ask`` has that ``plan`` selects."""

    ask: Ask
    plan: Plan


Around = Callable[[], Awaitable[m.Message | m.MessageId]]
"""Returns the message in the middle of which a list begins."""


async def messages_page(
    api: TenantApi, call: Call, request: pb.GetDialogMessagesRequest
) -> MessagesPage:
    """Return the page of a dialog's messages that a user's valid request asks for.

    Raises `CallError`.
    """
    tokens = Tokens(request, call)
    token = tokens.read()
    sort = messages_by_time(request.sort)
    if sort is None or request.page or is_numbered(token):
        return await _numbered(api, call, request)

    async def ask(filter_: str, sort: str, limit: int) -> m.Page[m.Message]:
        return await api.call(
            routes.USER_MESSAGES,
            call.identity,
            query=paged(1, limit, filter_, sort),
            dialog_id=request.dialog_id,
        )

    async def around() -> m.MessageId:
        answer = await api.call(
            routes.MESSAGE_ID,
            call.identity,
            dialog_id=request.dialog_id,
            message_id=str(request.around_message_id),
        )
        return answer.data

    source = Source(ask, planned_message_filter(request.filter))
    history = History(source, tokens, request, sort)
    return await history.page(token, around if request.around_message_id else None)


async def _numbered(
    api: TenantApi, call: Call, request: pb.GetDialogMessagesRequest
) -> MessagesPage:
    page = numbered_page(request, call)
    query = paged(
        page.number,
        page.size,
        parse_message_filter(request.filter),
        parse_message_sort(request.sort),
    )
    answer = await api.call(
        routes.USER_MESSAGES, call.identity, query=query, dialog_id=request.dialog_id
    )
    total = answer.pagination.total
    return MessagesPage(answer.data, page.next_token(total), total=page.asked(total))


class History:
    """The messages of one list, sorted by creation time, for a request that is valid."""

    def __init__(self, source: Source, tokens: Tokens, request: HistoryRequest, sort: Sort) -> None:
        self._source = source
        self._tokens = tokens
        self._ascending = sort.direction == "asc"
        self._size = page_size(request)
        self._counts = request.include_total_size

    async def page(self, token: tuple[int, bytes] | None, around: Around | None) -> MessagesPage:
        """Return the page that begins where a token says, or around a message.

        Raises `CallError`.
        """
        if around is not None:
            return await self._counted(self.around(around))
        if token is None:
            return await self.first()
        return await self._counted(self.continued(read_cut(*token)))

    async def first(self) -> MessagesPage:
        """Return the page that begins the list."""
        found = await self._stretch(CutToken(self._ascending, None), self._size)
        page = self._page(found.rows, None, more=found.more)
        return replace(page, total=found.total) if self._counts else page

    async def continued(self, start: CutToken) -> MessagesPage:
        """Return the page on one side of a place, with the order or against it."""
        found = await self._stretch(start, self._size)
        if start.newer is self._ascending:
            return self._page(found.rows, start.cut, more=found.more)
        # What the place was taken from follows.
        return self._page(found.rows[::-1], start.cut, more=True)

    async def around(self, middle: Around) -> MessagesPage:
        """Return the page in the middle of which a message is."""
        found = await middle()
        with understood(routes.USER_MESSAGES):
            cut = place_of(found).cut(above=True)
        older_count = self._size // 2 + 1
        newer_count = self._size - older_count
        older, newer = await both(
            self._stretch(CutToken(newer=False, cut=cut), older_count),
            # Whether there are any newer ones is asked for in any case.
            self._stretch(CutToken(newer=True, cut=cut), max(newer_count, 1)),
        )
        more_newer = newer.more or len(newer.rows) > newer_count
        rows = older.rows[::-1] + newer.rows[:newer_count]
        if self._ascending:
            return self._page(rows, cut, more=more_newer)
        return self._page(rows[::-1], cut, more=older.more)

    async def _counted(self, page: Coroutine[Any, Any, MessagesPage]) -> MessagesPage:
        """Return the page with the total when that was asked for."""
        if not self._counts:
            return await page
        found, total = await both(page, self._total())
        return replace(found, total=total)

    async def _total(self) -> int:
        answer = await self._source.ask(rendered(self._source.plan), "", 1)
        return answer.pagination.total

    async def _stretch(self, start: CutToken, count: int) -> Stretch:
        return await stretch(self._source.ask, self._source.plan, start, count)

    def _page(self, rows: list[m.Message], around: Cut | None, *, more: bool) -> MessagesPage:
        """Return the page of these rows; an empty one continues from the place it was asked for."""
        ascending = self._ascending
        with understood(routes.USER_MESSAGES):
            behind = place_of(rows[-1]).cut(above=ascending) if rows else around
            before = place_of(rows[0]).cut(above=not ascending) if rows else around
            return MessagesPage(
                rows,
                CutToken(ascending, behind).write(self._tokens) if more else "",
                CutToken(not ascending, before).write(self._tokens),
            )
