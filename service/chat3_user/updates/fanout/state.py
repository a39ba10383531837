"""What the hub holds right now, for operators: streams, users, bytes."""

from collections.abc import Collection, Mapping

from chat3_user.metrics.streams import StreamKind
from chat3_user.updates.fanout.dispatcher import Dispatcher
from chat3_user.updates.fanout.feeds import Feeds
from chat3_user.updates.fanout.following.streams import TenantStreams
from chat3_user.updates.fanout.subscription import Subscription
from chat3_user.updates.fanout.watch import Watch
from chat3_user.updates.log.replays import Replays


class HubState:
    """Looks at the parts of the hub; it changes nothing."""

    def __init__(
        self,
        subscriptions: Collection[Subscription],
        watches: Collection[Watch],
        tenants: TenantStreams,
        feeds: Feeds,
        dispatcher: Dispatcher,
        replays: Replays,
    ) -> None:
        self._subscriptions = subscriptions
        self._watches = watches
        self._tenants = tenants
        self._feeds = feeds
        self._dispatcher = dispatcher
        self._replays = replays

    @property
    def streams(self) -> Mapping[StreamKind, int]:
        """The numbers of open streams."""
        return {
            "user": len(self._subscriptions),
            "watch": len(self._watches),
            "tenant": len(self._tenants),
        }

    @property
    def subscribed_users(self) -> int:
        """The number of users who have a stream, or are watched."""
        return self._feeds.subscribed

    @property
    def watched_users(self) -> int:
        """The number of users on streams of many; one that two streams watch counts twice."""
        return sum(len(watch.users) for watch in self._watches)

    @property
    def held(self) -> int:
        """The number of updates that wait while feeds catch up."""
        return self._dispatcher.held

    @property
    def buffered(self) -> Mapping[str, int]:
        """The numbers of bytes in memory, by what holds them."""
        return {
            "user_streams": sum(each.size for each in self._subscriptions),
            "watch_streams": sum(watch.buffered for watch in self._watches),
            "tenant_streams": self._tenants.buffered,
            "feeds": self._feeds.remembered_bytes,
            "replays": self._replays.kept_bytes,
        }
