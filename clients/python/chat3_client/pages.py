"""Lists that the service answers in pages, as asynchronous iterators over their items."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Generic, TypeVar

import betterproto2

from chat3_client.calls import Calls, Procedure

Item = TypeVar("Item")
Page = TypeVar("Page", bound=betterproto2.Message)

PAGE_SIZE: Final = 50
"""How many items are asked for at once."""


class Pages(Generic[Item, Page]):
    """A list of any length: `async for` reads one page after the other, each when it is needed.

    An item that moves while the list is read, such as a dialog that gets a message, can come twice
    or not at all: the stream of updates tells of it.
    """

    def __init__(
        self,
        calls: Calls,
        procedure: Procedure[Page],
        request: betterproto2.Message,
        items: Callable[[Page], Sequence[Item]],
        timeout: float | None,
    ) -> None:
        self._calls = calls
        self._procedure = procedure
        self._request = request
        self._items = items
        self._timeout = timeout

    async def pages(self) -> AsyncIterator[Page]:
        """Yield whole answers, one call for each.

        Raises `Chat3Error`.
        """
        token = ""
        while True:
            request: Any = replace(self._request, page_token=token)  # type: ignore[type-var]
            page = await self._calls.unary(self._procedure, request, self._timeout)
            yield page
            token = getattr(page, "next_page_token", "")
            if not token:
                return

    async def __aiter__(self) -> AsyncIterator[Item]:
        async for page in self.pages():
            for item in self._items(page):
                yield item

    async def first(self, number: int) -> list[Item]:
        """Read so many items, or all when there are fewer."""
        found: list[Item] = []
        if number < 1:
            return found
        async for item in self:
            found.append(item)
            if len(found) == number:
                break
        return found
