"""One user's updates on this worker: what came, where the log stands, which streams listen."""

import time
from collections import deque
from collections.abc import Callable
from itertools import islice

from chat3_api.chat3.user.v1 import GapReason
from chat3_user.updates.decoded import Address, DecodedUpdate
from chat3_user.updates.fanout.buffer import Buffer
from chat3_user.updates.fanout.items import Item
from chat3_user.updates.fanout.responses import gap_item, update_item
from chat3_user.updates.fanout.settings import TailLimits
from chat3_user.updates.log.tokens import IDS_MAX, Missed, Token, scope_of
from chat3_user.updates.log.watermarks import Watermark

_RECENT_MAX = 512
_OVERLAP = 2.0
"""Seconds by which the queue and the log may differ in when an update reaches them."""


class Feed:
    """A user of a tenant with at least one stream, or none since a short while.

    ``name``, 4 bytes that no other feed has, is in its tokens. ``newest_watermark`` gives the
    worker's newest watermark; it counts for this feed once it was taken after the feed went live.
    """

    def __init__(
        self,
        tenant_id: str,
        user_id: str,
        name: bytes,
        newest_watermark: Callable[[], Watermark],
        tail: TailLimits,
    ) -> None:
        self.tenant_id = tenant_id
        self.user_id = user_id
        self.address: Address = (tenant_id, user_id)
        self.scope = scope_of(tenant_id, user_id)
        self.subscriptions: set[Buffer] = set()
        self.idle_since = time.monotonic()
        self._name = name
        self._newest_watermark = newest_watermark
        self._watermark: Watermark | None = None
        self._sequence = 0
        self._recent: deque[tuple[float, bytes]] = deque(maxlen=_RECENT_MAX)
        self._recent_ids: set[bytes] = set()
        self._recovered: set[bytes] = set()
        self._tail: deque[Item] = deque()
        self._tail_size = 0
        self._tail_limits = tail

    @property
    def live(self) -> bool:
        """Whether everything published for the user reaches this feed."""
        return self._watermark is not None

    @property
    def remembered_bytes(self) -> int:
        """The number of bytes of updates in memory."""
        return self._tail_size

    def go_live(self, watermark: Watermark) -> None:
        """Start from ``watermark``: what was published before it has come by."""
        self._watermark = watermark

    def recovered(self, watermark: Watermark, digests: set[bytes]) -> None:
        """Go on from ``watermark``: all that was taken so far stands before it.

        Of ``digests``, read from the log, some are still to come by the queue.
        """
        self._watermark = watermark
        self._recovered = digests
        self._recent = deque(((0.0, digest) for _, digest in self._recent), _RECENT_MAX)

    @property
    def watermark(self) -> Watermark:
        """The newest watermark that counts for this feed."""
        if self._watermark is None:
            raise RuntimeError("the feed is not live")
        newest = self._newest_watermark()
        if newest.taken > self._watermark.taken:
            self._watermark = newest
            self._recovered = set()
        return self._watermark

    def take(self, decoded: DecodedUpdate) -> None:
        """Give an update to all streams, unless it has been here before.

        What comes before the feed is live was published before any of its streams began: those that
        resume have it from the log. It is only remembered.
        """
        if decoded.digest in self._recent_ids or decoded.digest in self._recovered:
            return
        self._remember(decoded.digest)
        if not self.live:
            return
        self._sequence += 1
        item = update_item(decoded, self.token(), self._sequence)
        self._keep(item)
        for subscription in self.subscriptions:
            subscription.offer(item)

    def gap(self, reason: GapReason, from_ms: int | None) -> None:
        """Tell all streams that updates may be missing here; what memory holds ends here too."""
        self._tail.clear()
        self._tail_size = 0
        self._sequence += 1
        item = gap_item(self.token(), reason, from_ms)
        for subscription in self.subscriptions:
            subscription.offer(item)

    def token(self) -> str:
        """Return the position of a stream that has had everything this feed has had."""
        # Position and ids must be of one watermark: asking for the newest may change it.
        watermark = self.watermark
        since = watermark.taken - _OVERLAP
        newest = islice(reversed(self._recent), IDS_MAX + 1)
        ids = [digest for taken, digest in newest if taken >= since]
        return Token(
            scope=self.scope,
            feed=self._name,
            sequence=self._sequence,
            # All that was published before the watermark has been delivered; later updates may be
            # on their way.
            time_ms=watermark.time_ms,
            position=watermark.position,
            ids=ids[IDS_MAX - 1 :: -1],
            complete=len(ids) <= IDS_MAX,
        ).encode()

    def missed(self) -> Missed:
        """Return what tells which updates behind the watermark this feed has not had."""
        since = self.watermark.taken - _OVERLAP
        ids = [digest for taken, digest in self._recent if taken >= since]
        return Missed(ids, complete=len(ids) < _RECENT_MAX)

    def remembered(self, token: Token) -> list[Item] | None:
        """Return what came after ``token`` from memory, or nothing when memory does not tell."""
        if token.feed != self._name or token.sequence > self._sequence:
            return None
        behind = self._sequence - token.sequence
        newer = [item for item in self._tail if item.sequence > token.sequence]
        return newer if len(newer) == behind else None

    def _remember(self, digest: bytes) -> None:
        if len(self._recent) == _RECENT_MAX:
            self._recent_ids.discard(self._recent[0][1])
        self._recent.append((time.monotonic(), digest))
        self._recent_ids.add(digest)

    def _keep(self, item: Item) -> None:
        self._tail.append(item)
        self._tail_size += len(item.encoded)
        while len(self._tail) > self._tail_limits.count or (
            self._tail_size > self._tail_limits.bytes
        ):
            self._tail_size -= len(self._tail.popleft().encoded)
