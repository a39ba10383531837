"""Pages of lists, and the tokens that continue them.

A list of the platform that knows pages by number only::

    page = numbered_page(request, call)
    answer = await ...(page=page.number, limit=page.size)
    total = answer.pagination.total
    return ListResponse(..., next_page_token=page.next_token(total), total_size=page.asked(total))

A list that moves while it is read is continued from a place instead: see `places`.
"""

from chat3_user.paging.cursors import CursorPage, cursor_page
from chat3_user.paging.numbered import NumberedPage, is_numbered, numbered_page
from chat3_user.paging.places import TIME_MAX, Cut, CutToken, read_cut
from chat3_user.paging.tokens import ListRequest, Tokens, page_size

__all__ = [
    "TIME_MAX",
    "CursorPage",
    "Cut",
    "CutToken",
    "ListRequest",
    "NumberedPage",
    "Tokens",
    "cursor_page",
    "is_numbered",
    "numbered_page",
    "page_size",
    "read_cut",
]
