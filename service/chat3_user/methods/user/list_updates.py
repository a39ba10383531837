"""ListUpdates: the updates that the calling user has missed, for clients that hold no stream."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.updates.fanout.items import Filter
from chat3_user.validation import fields
from chat3_user.validation.rules import Between, Each, Items
from chat3_user.validation.text_rules import Length

_DEFAULT_SIZE: Final = 100


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListUpdatesRequest
) -> pb.ListUpdatesResponse:
    identity, hub = call.identity, dependencies.hub
    address = (identity.tenant_id, identity.user_id)
    token = hub.read_token(request.resume_token, *address)
    await dependencies.access.prove_reader(identity)
    wanted = Filter(frozenset(request.update_kinds), frozenset(request.dialog_ids))
    return await hub.catch_ups.page(address, token, wanted, request.page_size or _DEFAULT_SIZE)


METHOD: Final = Unary(
    request=pb.ListUpdatesRequest,
    response=pb.ListUpdatesResponse,
    kind="read",
    rules={
        "resume_token": (Length(1024),),
        "page_size": (Between(0, 1000),),
        "update_kinds": (
            Items(50),
            Each(fields.named(pb.UpdateKind, "kinds this contract names"), prefix=""),
        ),
        "dialog_ids": (Items(100), Each(fields.DIALOG)),
    },
    run=_run,
)
