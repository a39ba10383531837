"""One open stream: what it says, when it is silent, and how it ends."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import chain

from chat3_api.chat3.user.v1 import ResumeOutcome
from chat3_user.errors import CallError
from chat3_user.updates.fanout.feed import Feed
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.lifetime import Lifetime, ended_at
from chat3_user.updates.fanout.responses import established_item, heartbeat_item
from chat3_user.updates.fanout.settings import StreamSettings
from chat3_user.updates.fanout.subscription import Subscription
from chat3_user.updates.log.tokens import Token
from chat3_user.wire import Encoded


async def responses(
    hub: Hub,
    feed: Feed,
    subscription: Subscription,
    token: Token | None,
    heartbeat: timedelta,
    settings: StreamSettings,
    still_allowed: Callable[[], Awaitable[None]],
) -> AsyncIterator[list[Encoded]]:
    """Yield what to send next, until the stream ends with `CallError`.

    The error carries the token of the last response that was sent before: whoever takes a batch
    removes from it what was sent.
    """
    resumption = await hub.begin(feed, subscription, token)
    outcome = resumption.outcome
    if subscription.holds_gap:
        outcome = ResumeOutcome.RESUMED_WITH_GAP
    subscription.counts.begun(str(outcome.name))
    first = established_item(resumption.token, subscription.connection_id, heartbeat, outcome)
    subscription.open(chain((first,), resumption.items), resumption.fresh)
    subscription.sent(resumption.token)
    silence = heartbeat.total_seconds()
    lifetime = Lifetime(settings, still_allowed)
    live = hub.live
    try:
        while True:
            items = subscription.drain()
            now = time.monotonic()
            await lifetime.go_on(now)
            if items:
                unsent = [item.encoded for item in items]
                yield unsent
                # The sender takes out what it has sent; it stops early when the stream was ended.
                subscription.delivered(items[: len(items) - len(unsent)])
                continue
            if subscription.idle and (now - subscription.sent_at >= silence or hub.live != live):
                live = hub.live
                beat = heartbeat_item(feed.token(), live=live)
                subscription.sent(beat.token)
                yield [beat.encoded]
            await subscription.wait(min(subscription.sent_at + silence, lifetime.due) - now)
    except CallError as error:
        raise ended_at(error, subscription.sent_token) from error
