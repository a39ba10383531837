"""Lists of tenant-api that are read whole, or until enough was seen."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from chat3_user.tenant_api import models as m

Row = TypeVar("Row")


class Pages(Generic[Row]):
    """Iterates over the rows of a list, a page at a time, up to the first that is not full.

    ``page`` returns one by its number, from 1 on; ``size`` is how many rows a full one has.
    """

    def __init__(self, page: Callable[[int], Awaitable[m.Page[Row]]], size: int) -> None:
        self._page = page
        self._size = size
        self._number = 0
        self._more = True

    def __aiter__(self) -> "Pages[Row]":
        """Return what iterates."""
        return self

    async def __anext__(self) -> list[Row]:
        """Return the rows of the next page.

        Raises `CallError`.
        """
        if not self._more:
            raise StopAsyncIteration
        self._number += 1
        rows = (await self._page(self._number)).data
        self._more = len(rows) >= self._size
        return rows

    async def rows(self) -> list[Row]:
        """Return the rows of all pages.

        Raises `CallError`.
        """
        return [row async for page in self for row in page]
