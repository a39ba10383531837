"""Lists that have pages, for code without asyncio."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from chat3_client.loop_thread import LoopThread
from chat3_client.pages import Pages

Item = TypeVar("Item")
Page = TypeVar("Page")


class SyncPages(Iterator[Item], Generic[Item, Page]):
    """A list of any length, as `Pages`: it reads one page after the other, as they are needed."""

    def __init__(self, loop: LoopThread, pages: Pages[Item, Any]) -> None:
        self._loop = loop
        self._pages = pages
        self._items = loop.iterate(pages)

    def __next__(self) -> Item:
        """Return the next item.

        Raises `Chat3Error`.
        """
        return next(self._items)

    def pages(self) -> Iterator[Page]:
        """Yield whole answers, one call for each.

        Raises `Chat3Error`.
        """
        return self._loop.iterate(self._pages.pages())

    def first(self, number: int) -> list[Item]:
        """Read so many items, or all when there are fewer.

        Raises `Chat3Error`.
        """
        return self._loop.run(self._pages.first(number))
