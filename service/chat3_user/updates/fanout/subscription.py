"""The buffer of a stream of one user, which a task of its own drains."""

import asyncio
from collections.abc import Callable

from chat3_user.errors import CallError, reasons
from chat3_user.metrics.streams import StreamCounts
from chat3_user.updates.fanout.buffer import Buffer
from chat3_user.updates.fanout.items import Filter, Item
from chat3_user.updates.fanout.settings import BufferLimits
from chat3_user.updates.fanout.wakeup import Wakeup
from chat3_user.wire import Encoded


class Subscription(Buffer):
    """The place of one stream in a feed.

    An item for a stream that waits with nothing queued goes out by ``send_now``, without waking it.
    """

    __slots__ = ("_problem", "_send_now", "_wakeup", "connection_id", "ended")

    def __init__(
        self,
        connection_id: str,
        wanted: Filter,
        limits: BufferLimits,
        counts: StreamCounts,
        send_now: Callable[[Encoded], bool] | None = None,
    ) -> None:
        super().__init__(wanted, limits, counts)
        self.connection_id = connection_id
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._send_now = send_now
        self._problem: CallError | None = None
        self._wakeup = Wakeup()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to drain: all that was offered has been taken."""
        return not self.queued and self._problem is None

    def end(self, problem: CallError) -> None:
        """End the stream with ``problem``.

        What is queued is dropped: the token of the last response sent tells where to go on.
        """
        if self._problem is None:
            self._problem = problem
            self._clear()
            self.ended.set_result(None)
            self.nudge()

    def drain(self) -> list[Item]:
        """Return what is to be sent next, oldest first; nothing when all has been sent.

        Raises the problem the stream was ended with.
        """
        if self._problem is not None:
            raise self._problem
        return super().drain()

    async def wait(self, timeout: float) -> None:
        """Wait for something to drain, a nudge, or the end of ``timeout`` seconds."""
        if not self.queued and self._problem is None:
            await self._wakeup.wait(timeout)

    def nudge(self) -> None:
        """Wake the stream: there may be something to drain or to say."""
        self._wakeup.nudge()

    @property
    def _closed(self) -> bool:
        return self._problem is not None

    def _sent_now(self, item: Item) -> bool:
        return self._wakeup.asleep and self._send_now is not None and self._send_now(item.encoded)

    def _fall_behind(self) -> None:
        self.end(reasons.slow_consumer())
