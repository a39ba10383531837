"""MarkMemberRead: all messages of a dialog are read by one of its members.

It is done in the member's name. The platform has a route for any number of unread messages, but
changes nothing for one above 0.
"""

from dataclasses import replace
from functools import partial
from typing import Any, Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.reading import ReadDialog
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.route import Route
from chat3_user.validation import Identity, fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.MarkMemberReadRequest
) -> Mutation[pb.MarkMemberReadResponse]:
    identity, dialog_id, reading = call.identity, request.dialog_id, dependencies.reading

    async def member() -> Identity:
        user_id = request.user_id.lower()
        spelling = await dependencies.members.spelling(identity, dialog_id, user_id)
        return replace(identity, user_id=spelling)

    def response(route: Route[Any], read: ReadDialog) -> pb.MarkMemberReadResponse:
        with understood(route):
            return pb.MarkMemberReadResponse(
                membership=entities.membership(read.state), missing_parts=list(read.missing)
            )

    prove_key = partial(dependencies.access.prove_writer, identity)

    async def write(_: str | None) -> pb.MarkMemberReadResponse:
        return response(routes.MARK_READ, await reading.mark_dialog(await member(), dialog_id))

    async def find(earlier: Earlier) -> pb.MarkMemberReadResponse | None:
        read = await reading.find_dialog(await member(), dialog_id, earlier)
        return None if read is None else response(routes.USER_DIALOGS, read)

    return Mutation(pb.MarkMemberReadResponse, write, find, None, prove_key, prove_key)


METHOD: Final = Keyed(
    request=pb.MarkMemberReadRequest,
    response=pb.MarkMemberReadResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "user_id": fields.USER_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
