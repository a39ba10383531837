"""What the methods of both services that change a message have in common."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import betterproto2

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.message_changes import Changed
from chat3_user.domain.messages import Target
from chat3_user.errors import CallError
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping import entities
from chat3_user.mapping.hidden import hidden
from chat3_user.methods.dependencies import Dependencies
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import in_doubt, understood
from chat3_user.wire import decode, encode

ResponseT = TypeVar("ResponseT", bound=betterproto2.Message)

Proof = Callable[[], Awaitable[None]]


def change(
    dependencies: Dependencies,
    target: Target,
    response: type[ResponseT],
    make: Callable[[Target], Awaitable[Changed]],
    find: Callable[[Target, Earlier], Awaitable[Changed | None]],
    *,
    prove: Proof | None = None,
    ready: Proof | None = None,
) -> Mutation[ResponseT]:
    """Return how a call changes a message; ``prove`` and ``ready`` are those of `Mutation`."""

    async def write(_: str | None) -> ResponseT:
        return await _shown(dependencies, target, response, await make(target))

    async def found(earlier: Earlier) -> ResponseT | None:
        past = await find(target, earlier)
        return None if past is None else await _shown(dependencies, target, response, past)

    prove_key = partial(dependencies.access.prove_writer, target.identity)
    return Mutation(response, write, found, prove, prove_key, ready)


def change_by_back_end(
    dependencies: Dependencies,
    target: Target,
    response: type[ResponseT],
    make: Callable[[Target], Awaitable[Changed]],
    find: Callable[[Target, Earlier], Awaitable[Changed | None]],
    prove: Proof,
) -> Mutation[ResponseT]:
    """Return how a back end changes a message; ``prove`` fails when what is asked for cannot be.

    The key is proved before that, so that what is refused says nothing to a key that may not write.
    """

    async def ready() -> None:
        await dependencies.access.prove_writer(target.identity)
        await prove()

    return change(dependencies, target, response, make, find, ready=ready)


async def _shown(
    dependencies: Dependencies, target: Target, response: type[ResponseT], changed: Changed
) -> ResponseT:
    """Return the response for a change that was made.

    Raises `CallError`; a repetition then finds the change.
    """
    try:
        (marked,) = await dependencies.deleted.marked(target.identity, [changed.message])
    except CallError as error:
        raise in_doubt(error) from error
    with understood(target.route):
        made: Any = response  # its fields are those of a change
        return made(  # type: ignore[no-any-return]
            message=entities.message(marked, target.identity.user_id),
            changed=changed.changed,
            missing_parts=list(changed.missing),
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
