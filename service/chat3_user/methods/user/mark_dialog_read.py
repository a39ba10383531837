"""MarkDialogRead: all messages of a dialog are read by the calling user."""

from functools import partial
from typing import Any, Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.reading import ReadDialog
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.route import Route
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.MarkDialogReadRequest
) -> Mutation[pb.MarkDialogReadResponse]:
    identity, dialog_id, access = call.identity, request.dialog_id, dependencies.access
    prove = partial(access.prove_member, identity, dialog_id)

    def response(route: Route[Any], read: ReadDialog) -> pb.MarkDialogReadResponse:
        with understood(route):
            return pb.MarkDialogReadResponse(
                membership=entities.membership(read.state), missing_parts=list(read.missing)
            )

    async def write(_: str | None) -> pb.MarkDialogReadResponse:
        await prove()
        return response(
            routes.MARK_READ, await dependencies.reading.mark_dialog(identity, dialog_id)
        )

    async def find(earlier: Earlier) -> pb.MarkDialogReadResponse | None:
        await prove()
        read = await dependencies.reading.find_dialog(identity, dialog_id, earlier)
        return None if read is None else response(routes.USER_DIALOGS, read)

    return Mutation(
        pb.MarkDialogReadResponse, write, find, prove, partial(access.prove_writer, identity)
    )


METHOD: Final = Keyed(
    request=pb.MarkDialogReadRequest,
    response=pb.MarkDialogReadResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
