"""SetMessageStatus: what the calling user did with a message, recorded in its history."""

from functools import partial
from typing import Any, Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.guard import past_guard
from chat3_user.domain.unshown import Missing
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping import entities
from chat3_user.mapping.basics import STATUS_NAMES
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.marks import set_status
from chat3_user.tenant_api.route import Route
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.SetMessageStatusRequest
) -> Mutation[pb.SetMessageStatusResponse]:
    identity, access = call.identity, dependencies.access
    where = (identity, request.dialog_id, request.message_id)
    prove = partial(access.prove_message, *where)
    name = STATUS_NAMES[request.status]

    def response(
        route: Route[Any], record: m.StatusRecord, missing: Missing = ()
    ) -> pb.SetMessageStatusResponse:
        with understood(route):
            return pb.SetMessageStatusResponse(
                record=entities.status_record(record, request.dialog_id),
                missing_parts=list(missing),
            )

    async def write(_: str | None) -> pb.SetMessageStatusResponse:
        await prove()
        record = await past_guard(lambda: set_status(dependencies.api, *where, name))
        return response(routes.SET_STATUS, record)

    async def find(earlier: Earlier) -> pb.SetMessageStatusResponse | None:
        past = await dependencies.past_marks.status(*where, name, earlier)
        return None if past is None else response(routes.STATUSES, past.record, past.missing)

    return Mutation(
        pb.SetMessageStatusResponse, write, find, prove, partial(access.prove_writer, identity)
    )


METHOD: Final = Keyed(
    request=pb.SetMessageStatusRequest,
    response=pb.SetMessageStatusResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "status": fields.one_named(pb.MessageStatus, "a status this contract names"),
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
