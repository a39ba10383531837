"""What the methods that change a message have in common: their answer, and how it is brought up."""

from typing import Any, TypeVar

import betterproto2

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.message_changes import Changed
from chat3_user.errors import CallError
from chat3_user.mapping import entities
from chat3_user.mapping.hidden import hidden
from chat3_user.methods.dependencies import Dependencies
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import in_doubt, understood
from chat3_user.wire import decode, encode

ResponseT = TypeVar("ResponseT", bound=betterproto2.Message)


async def shown(
    dependencies: Dependencies, call: Call, response: type[ResponseT], change: Changed
) -> ResponseT:
    """Return the response for a change that was made.

    Raises `CallError`; a repetition then finds the change.
    """
    try:
        (marked,) = await dependencies.deleted.marked(call.identity, [change.message])
    except CallError as error:
        raise in_doubt(error) from error
    with understood(routes.USER_MESSAGE):
        made: Any = response  # its fields are those of a change
        return made(  # type: ignore[no-any-return]
            message=entities.message(marked, call.identity.user_id),
            changed=change.changed,
            missing_parts=list(change.missing),
        )


async def without_deleted(dependencies: Dependencies, call: Call, answer: ResponseT) -> ResponseT:
    """Return an earlier answer without what has been deleted since."""
    now: Any = decode(type(answer), encode(answer))
    message: pb.Message | None = now.message
    if message is not None:
        ids = {message.message_id}
        if message.quoted_message is not None:
            ids.add(message.quoted_message.message_id)
        deletions = await dependencies.deleted.among(call.identity, ids)
        with understood(routes.DELETIONS):
            now.message = hidden(message, deletions)
    return now  # type: ignore[no-any-return]  # it is of the answer's type
