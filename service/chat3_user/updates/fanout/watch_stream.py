"""One open stream of many users: what it says, when it is silent, and how it ends."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import timedelta

from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.lifetime import Lifetime
from chat3_user.updates.fanout.settings import StreamSettings
from chat3_user.updates.fanout.watch import Outgoing, Watch
from chat3_user.updates.fanout.watch_responses import established, heartbeat
from chat3_user.wire import Encoded


class Silence:
    """How long a stream, or a user on it, may be silent; clients change it as they like."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self.interval.total_seconds()


async def watch_responses(
    hub: Hub, watch: Watch, connection_id: str, silence: Silence, settings: StreamSettings
) -> AsyncGenerator[list[Encoded], None]:
    """Yield what to send next, until the stream ends with what it was ended with.

    Whoever takes a batch removes from it what was sent.
    """
    lifetime = Lifetime(settings)
    live = hub.live
    batch = [Outgoing(established(connection_id, silence.interval))]
    while True:
        await lifetime.go_on(time.monotonic())
        if batch:
            unsent = [outgoing.encoded for outgoing in batch]
            yield unsent
            # The sender stops early when the stream was ended.
            for outgoing in batch[: len(batch) - len(unsent)]:
                watch.sent(outgoing)
            # A client that takes all at once does not keep the worker from its other streams.
            await asyncio.sleep(0)
        batch = watch.next_batch()
        batch += _bookmarks(hub, watch, silence.seconds)
        if not batch and (live != hub.live or time.monotonic() - watch.sent_at >= silence.seconds):
            live = hub.live
            batch = [Outgoing(heartbeat(live=live))]
        if not batch:
            due = min(watch.silence_ends(silence.seconds), lifetime.due)
            await watch.wait(due - time.monotonic())


def _bookmarks(hub: Hub, watch: Watch, silence: float) -> list[Outgoing]:
    """Return heartbeats of users to whom nothing was sent for too long, however much others get."""
    return [
        Outgoing(heartbeat(live=hub.live, prefix=watched.prefix, token=token), watched, token)
        for watched in watch.silent_since(time.monotonic() - silence)
        for token in (watched.feed.token(),)
    ]
