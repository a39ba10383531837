"""The feeds of a worker: which users have one, and what comes for them."""

from collections import Counter
from collections.abc import Iterator

from chat3_user.updates.decoded import DecodedUpdate, Decoder
from chat3_user.updates.feed import Feed

_DISPATCHED_MAX = 1000
"""More than a broker delivers again after a lost connection."""


class Feeds:
    """Finds the feed of a user in a tenant, and hands it what comes for it, each update once."""

    def __init__(self, decode: Decoder) -> None:
        self._decode = decode
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._users: Counter[str] = Counter()
        self._dispatched: dict[tuple[str, str, bytes], None] = {}

    def __iter__(self) -> Iterator[Feed]:
        """Iterate over a copy: feeds may come and go meanwhile."""
        return iter(tuple(self._feeds.values()))

    def __len__(self) -> int:
        return len(self._feeds)

    @property
    def stream_count(self) -> int:
        """The number of open streams."""
        return sum(len(feed.subscriptions) for feed in self._feeds.values())

    def get(self, tenant_id: str, user_id: str) -> Feed | None:
        """Return the user's feed, if there is one."""
        return self._feeds.get((tenant_id, user_id))

    def add(self, feed: Feed) -> None:
        """Hand the user's updates to ``feed`` from now on."""
        self._feeds[feed.tenant_id, feed.user_id] = feed
        self._users[feed.user_id] += 1

    def remove(self, feed: Feed) -> bool:
        """Undo `add`; return whether that leaves no feed of a user of this id in any tenant."""
        if self._feeds.get((feed.tenant_id, feed.user_id)) is not feed:
            return False
        del self._feeds[feed.tenant_id, feed.user_id]
        self._users[feed.user_id] -= 1
        if self._users[feed.user_id]:
            return False
        del self._users[feed.user_id]
        return True

    def dispatch(self, body: bytes) -> None:
        """Decode an update and hand it to its feed."""
        decoded = self._decode(body)
        if decoded is None or self._comes_again(decoded):
            return
        feed = self._feeds.get((decoded.tenant_id, decoded.user_id))
        if feed is not None:
            feed.take(decoded)

    def _comes_again(self, decoded: DecodedUpdate) -> bool:
        """Return whether an update was dispatched before, be it to no feed.

        What the broker delivers again is old: a feed that is new since must not take it for news.
        """
        key = (decoded.tenant_id, decoded.user_id, decoded.digest)
        if key in self._dispatched:
            return True
        self._dispatched[key] = None
        if len(self._dispatched) > _DISPATCHED_MAX:
            del self._dispatched[next(iter(self._dispatched))]
        return False

    def nudge(self) -> None:
        """Wake all streams: there may be something to say."""
        for feed in self._feeds.values():
            for subscription in feed.subscriptions:
                subscription.nudge()
