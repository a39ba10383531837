"""The feeds of a worker: which users have one, and what comes for them."""

from collections.abc import Iterator

from chat3_user.telemetry import NO_CARRIER, Carrier, Deliveries
from chat3_user.updates.decoded import Address, AddressReader, Decoder
from chat3_user.updates.fanout.feed import Feed
from chat3_user.updates.fanout.unreadable import Unreadable


class Feeds:
    """Finds the feed of a user in a tenant, and hands it what comes for it, each update once.

    Most of what comes is of nobody here: of it, the address is read and nothing else.
    ``remembered`` says of how many updates it is known that they have been here. ``traces`` are
    told of what is delivered to streams.
    """

    def __init__(
        self,
        decode: Decoder,
        address_of: AddressReader,
        *,
        remembered: int,
        traces: Deliveries | None = None,
    ) -> None:
        self._traces = traces
        self._decode = decode
        self._address_of = address_of
        self._feeds: dict[Address, Feed] = {}
        self._remembered = remembered
        self._dispatched: dict[int, None] = {}
        self.unreadable = Unreadable()

    def __iter__(self) -> Iterator[Feed]:
        """Iterate over a copy: feeds may come and go meanwhile."""
        return iter(tuple(self._feeds.values()))

    def __len__(self) -> int:
        return len(self._feeds)

    @property
    def subscribed(self) -> int:
        """The number of users who have a stream."""
        return sum(bool(feed.subscriptions) for feed in self._feeds.values())

    @property
    def remembered_bytes(self) -> int:
        """The number of bytes that all feeds remember for streams that resume."""
        return sum(feed.remembered_bytes for feed in self._feeds.values())

    def get(self, tenant_id: str, user_id: str) -> Feed | None:
        """Return the user's feed, if there is one."""
        return self._feeds.get((tenant_id, user_id))

    def add(self, feed: Feed) -> None:
        """Hand the user's updates to ``feed`` from now on."""
        self._feeds[feed.address] = feed

    def remove(self, feed: Feed) -> None:
        """Undo `add`."""
        if self._feeds.get(feed.address) is feed:
            del self._feeds[feed.address]

    def concern(self, body: bytes) -> bool:
        """Return whether an update is for a user with a feed."""
        return self._address_of(body) in self._feeds

    def dispatch(self, body: bytes, carrier: Carrier = NO_CARRIER) -> None:
        """Hand an update to its feed, if its user has one; nobody else's is decoded."""
        if self._comes_again(body):
            return
        address = self._address_of(body)
        if address is None:
            self.unreadable.note(body)
        elif (feed := self._feeds.get(address)) is not None:
            traces = self._traces if feed.subscriptions else None
            span = None if traces is None else traces.delivery(body, carrier)
            if span is None:
                self._hand(body, feed)
            else:
                with span:
                    self._hand(body, feed)
                    for stream in feed.subscriptions:
                        span.handed_to(stream.opened_in)

    def _hand(self, body: bytes, feed: Feed) -> None:
        decoded = self._decode(body)
        if decoded is None:
            self.unreadable.note(body)
        else:
            feed.take(decoded)

    def _comes_again(self, body: bytes) -> bool:
        """Return whether an update was dispatched before, be it to no feed.

        What the broker delivers again is old: a feed that is new since must not take it for news.
        """
        key = hash(body)
        if key in self._dispatched:
            return True
        self._dispatched[key] = None
        if len(self._dispatched) > self._remembered:
            del self._dispatched[next(iter(self._dispatched))]
        return False

    def nudge(self) -> None:
        """Wake all streams: there may be something to say."""
        for feed in self._feeds.values():
            for subscription in feed.subscriptions:
                subscription.nudge()
