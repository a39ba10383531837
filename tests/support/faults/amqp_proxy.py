"""A proxy before RabbitMQ that knows frames: it learns queue names, holds and injects frames."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.faults.proxy import Link, Proxy, Watch, Way

_HEADER = 8
_FRAME_HEAD = struct.Struct(">BHI")
_METHOD, _END = 1, 0xCE
_CONSUME = struct.pack(">HH", 60, 20)
_ACK = struct.pack(">HHQB", 60, 80, 2**40, 0)


class AmqpProxy:
    """Stands before a broker; follows the worker's consumer.

    ``cut_at_consume`` cuts the next link on which the worker begins to consume its queue. `hold_at`
    stops a link before one of its methods; ``held`` is set then.
    """

    def __init__(self, broker_port: int) -> None:
        self.proxy = Proxy(broker_port, self._watch)
        self.queue: str | None = None
        self.cut_at_consume = False
        self.held = asyncio.Event()
        self._hold_at = 0
        self._consumer: tuple[Link, int] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["AmqpProxy"]:
        """Listen within the block."""
        async with self.proxy.running():
            yield self

    def hold_at(self, method: int) -> None:
        """Let the next link send so many methods less one, then nothing more until it `flow`s."""
        self.held.clear()
        self._hold_at = method

    def break_channel(self) -> bool:
        """Make the broker close the consumer's channel: an ack of what was never delivered."""
        if self._consumer is None or self._consumer[0] not in self.proxy.links:
            return False
        link, channel = self._consumer
        return link.send_up(_FRAME_HEAD.pack(_METHOD, channel, len(_ACK)) + _ACK + bytes((_END,)))

    def _watch(self, link: Link) -> Watch:
        """Hold back incomplete frames, so that a frame can be sent between two."""
        held = b""
        greeted = False
        methods, hold_at = 0, self._hold_at

        def watch(data: bytes) -> bytes:
            nonlocal held, greeted, methods
            held += data
            cut = 0
            if not greeted:
                if len(held) < _HEADER:
                    return b""
                greeted, cut = True, _HEADER
            while len(held) - cut >= _FRAME_HEAD.size:
                kind, channel, size = _FRAME_HEAD.unpack_from(held, cut)
                end = cut + _FRAME_HEAD.size + size + 1
                if end > len(held):
                    break
                if kind == _METHOD:
                    methods += 1
                    if methods == hold_at == self._hold_at:
                        link.stall(Way.UP)
                        self.held.set()
                    self._method(link, channel, held[cut + _FRAME_HEAD.size : end - 1])
                cut = end
            whole, held = held[:cut], held[cut:]
            return whole

        return watch

    def _method(self, link: Link, channel: int, payload: bytes) -> None:
        if not payload.startswith(_CONSUME):
            return
        start = len(_CONSUME) + 2
        queue = payload[start + 1 : start + 1 + payload[start]].decode()
        if ".worker." in queue:
            self.queue = queue
            self._consumer = (link, channel)
            if self.cut_at_consume:
                self.cut_at_consume = False
                link.cut()
