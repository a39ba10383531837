"""How a status or a reaction is set once for one key, in both services."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import betterproto2

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.guard import past_guard
from chat3_user.domain.messages import Seen
from chat3_user.domain.unshown import Missing
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping import entities
from chat3_user.mapping.basics import STATUS_NAMES
from chat3_user.methods.dependencies import Dependencies
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.marks import set_reaction, set_status, unset_reaction
from chat3_user.tenant_api.route import Route

ResponseT = TypeVar("ResponseT", bound=betterproto2.Message)

See = Callable[[], Awaitable[Seen]]
"""Proves that the message is seen by the user whose mark is set, and returns where."""
Proof = Callable[[], Awaitable[None]]


def status(
    dependencies: Dependencies,
    call: Call,
    response: type[ResponseT],
    see: See,
    status: pb.MessageStatus,
    *,
    prove: Proof | None = None,
    ready: Proof | None = None,
) -> Mutation[ResponseT]:
    """Return how a call records a status; ``prove`` and ``ready`` are those of `Mutation`."""
    name = STATUS_NAMES[status]
    made: Any = response  # its fields are those of a status that was set

    def shown(
        route: Route[Any], record: m.StatusRecord, seen: Seen, missing: Missing = ()
    ) -> ResponseT:
        with understood(route):
            return made(  # type: ignore[no-any-return]
                record=entities.status_record(record, seen.dialog_id),
                missing_parts=list(missing),
            )

    async def write(_: str | None) -> ResponseT:
        seen = await see()
        with _in_a_name(call, seen):
            record = await past_guard(lambda: set_status(dependencies.api, *seen, name))
        return shown(routes.SET_STATUS, record, seen)

    async def find(earlier: Earlier) -> ResponseT | None:
        seen = await see()
        with _in_a_name(call, seen):
            past = await dependencies.past_marks.status(*seen, name, earlier)
        return None if past is None else shown(routes.STATUSES, past.record, seen, past.missing)

    prove_key = partial(dependencies.access.prove_writer, call.identity)
    return Mutation(response, write, find, prove, prove_key, ready)


def reaction(
    dependencies: Dependencies,
    call: Call,
    response: type[ResponseT],
    see: See,
    reaction: str,
    action: pb.ReactionAction,
    *,
    prove: Proof | None = None,
    ready: Proof | None = None,
) -> Mutation[ResponseT]:
    """Return how a call gives or takes back a reaction, in the same way."""
    given = action == pb.ReactionAction.SET
    change = set_reaction if given else unset_reaction
    made: Any = response  # its fields are those of a reaction that was given or taken back

    async def write(_: str | None) -> ResponseT:
        seen = await see()
        with _in_a_name(call, seen):
            changed = await past_guard(lambda: change(dependencies.api, *seen, reaction))
        return made(changed=changed)  # type: ignore[no-any-return]

    async def find(earlier: Earlier) -> ResponseT | None:
        seen = await see()
        with _in_a_name(call, seen):
            past = await dependencies.past_marks.reaction(*seen, reaction, earlier)
        if past is None:
            return None
        return made(  # type: ignore[no-any-return]
            changed=past.changed, missing_parts=list(past.missing)
        )

    prove_key = partial(dependencies.access.prove_writer, call.identity)
    # What is not there may have been taken back, or never have been given.
    return Mutation(response, write, find if given else None, prove, prove_key, ready)


@contextmanager
def _in_a_name(call: Call, seen: Seen) -> Iterator[None]:
    """Give a back end the same failure for a member who has just left as for a non-member."""
    try:
        yield
    except CallError as error:
        if error.reason is pb.ErrorReason.NOT_A_MEMBER and not call.identity.user_id:
            raise reasons.member_not_found(seen.dialog_id, seen.identity.user_id) from error
        raise
