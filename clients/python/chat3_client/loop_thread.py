"""A thread with an event loop, for code without asyncio."""

import asyncio
import threading
from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines in a thread of its own while any number of other threads wait for them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="chat3-client", daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether the thread has ended."""
        return self._loop.is_closed()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return what it returns, or raise what it raises.

        Raises `RuntimeError` when called from asyncio code, which it would stop, or when closed.
        """
        if self._in_a_loop() or self._loop.is_closed():
            coroutine.close()
            if self._loop.is_closed():
                raise RuntimeError("the client is closed")
            raise RuntimeError(
                "asyncio code calls the asynchronous client: this one would block it"
            )
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C: nobody waits for it any more
            raise

    def iterate(self, items: AsyncIterable[T]) -> Iterator[T]:
        """Yield what an asynchronous iterator yields; leaving the loop closes it."""
        iterator = aiter(items)
        try:
            while True:
                try:
                    item = self.run(_next(iterator))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None and not self._loop.is_closed():
                self.run(close())

    def close(self) -> None:
        """Cancel what is under way and end the thread. May be called twice."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    @staticmethod
    def _in_a_loop() -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return False
        return True


async def _next(iterator: AsyncIterator[T]) -> T:
    return await anext(iterator)
