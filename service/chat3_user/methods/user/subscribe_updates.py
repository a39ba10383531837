"""SubscribeUpdates: a stream of everything that changes for the calling user."""

import secrets
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.errors import reasons
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Streaming
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.stream import responses
from chat3_user.validation import fields
from chat3_user.validation.rules import Each, Items, Seconds
from chat3_user.validation.text_rules import Length
from chat3_user.wire import Encoded

_DEFAULT_HEARTBEAT: Final = timedelta(seconds=30)


async def _run(
    dependencies: Dependencies, call: Call, request: pb.SubscribeUpdatesRequest
) -> AsyncGenerator[list[Encoded], None]:
    identity, hub = call.identity, dependencies.hub
    token = hub.read_token(request.resume_token, identity.tenant_id, identity.user_id)
    await dependencies.access.prove_reader(identity)
    wanted = Filter(frozenset(request.update_kinds), frozenset(request.dialog_ids))
    connection_id = secrets.token_hex(8)
    with (
        hub.subscription(
            identity.tenant_id, identity.user_id, connection_id, wanted, call.send_now
        ) as (feed, subscription),
        call.proof.ending(subscription.end),
    ):
        call.interrupted = subscription.ended
        call.slow = lambda: subscription.end(reasons.slow_consumer())
        stream = responses(
            hub,
            feed,
            subscription,
            token,
            request.heartbeat_interval or _DEFAULT_HEARTBEAT,
            dependencies.streams,
            lambda: dependencies.access.prove_reader(identity),
        )
        async for batch in stream:
            yield batch


METHOD: Final = Streaming(
    request=pb.SubscribeUpdatesRequest,
    response=pb.SubscribeUpdatesResponse,
    kind="subscribe",
    rules={
        "resume_token": (Length(1024),),
        "update_kinds": (
            Items(50),
            Each(fields.named(pb.UpdateKind, "kinds this contract names"), prefix=""),
        ),
        "dialog_ids": (Items(100), Each(fields.DIALOG)),
        "heartbeat_interval": (Seconds(5, 300),),
    },
    run=_run,
)
