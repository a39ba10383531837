"""A thread with an event loop, for code without asyncio."""

import asyncio
import os
import threading
import weakref
from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any, Final, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines in a thread of its own while any number of other threads wait for them.

    The thread begins with the first coroutine. A forked process, which has none of its parent's
    threads, gets its own.
    """

    def __init__(self) -> None:
        self._closed = False
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        _threads.add(self)

    @property
    def closed(self) -> bool:
        """Whether the thread has ended."""
        return self._closed

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return what it returns, or raise what it raises.

        Raises `RuntimeError` when called from asyncio code, which it would stop, or when closed.
        """
        try:
            future = self._begun(coroutine)
        except RuntimeError:
            coroutine.close()
            raise
        try:
            return future.result()
        except CancelledError as error:
            raise RuntimeError("the client was closed") from error
        except BaseException:
            future.cancel()  # Ctrl-C: nobody waits for it any more
            raise

    def next(self, iterator: AsyncIterator[T]) -> T:
        """Return the next item of an asynchronous iterator.

        Raises `StopAsyncIteration` at its end.
        """
        return self.run(_next(iterator))

    def iterate(self, items: AsyncIterable[T]) -> Iterator[T]:
        """Yield what an asynchronous iterator yields; leaving the loop closes it."""
        iterator = aiter(items)
        try:
            while True:
                try:
                    item = self.next(iterator)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None and not self._closed:
                self.run(close())

    def close(self) -> None:
        """Cancel what is under way and end the thread. May be called twice."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
            if loop is not None:
                loop.call_soon_threadsafe(loop.stop)
        if loop is not None and thread is not None:
            thread.join()
            loop.close()

    def _begun(self, coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
        if self._in_a_loop():
            raise RuntimeError(
                "an event loop runs in this thread, and would stand still: use the asynchronous"
                " client (in tests, `running_service`)"
            )
        with self._lock:
            if self._closed:
                raise RuntimeError("the client is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=[self._loop], name="chat3-client", daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def begin_anew(self) -> None:
        """Go on without a thread, in a process that was forked."""
        self._lock = threading.Lock()
        self._loop = self._thread = None

    @staticmethod
    def _in_a_loop() -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return False
        return True


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())


async def _next(iterator: AsyncIterator[T]) -> T:
    return await anext(iterator)


_threads: Final[weakref.WeakSet[LoopThread]] = weakref.WeakSet()


def _after_fork() -> None:
    for each in _threads:
        each.begin_anew()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_after_fork)
