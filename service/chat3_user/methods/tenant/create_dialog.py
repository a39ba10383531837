"""CreateDialog: a dialog with the named members, once for one key."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.created_dialogs import CreatedDialog, NewDialog
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping.bodies import custom_data
from chat3_user.mapping.tenant_dialogs import tenant_dialog
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.CreateDialogRequest
) -> Mutation[pb.CreateDialogResponse]:
    identity = call.identity
    members = tuple(user_id.lower() for user_id in request.member_ids)
    wanted = NewDialog(identity, members, custom_data(request.meta))
    search = dependencies.created_dialogs.search(wanted)

    def response(created: CreatedDialog) -> pb.CreateDialogResponse:
        with understood(routes.CREATE_DIALOG):
            return pb.CreateDialogResponse(
                dialog=tenant_dialog(created.dialog), missing_parts=list(created.missing)
            )

    prove_key = partial(dependencies.access.prove_writer, identity)

    async def ready() -> None:
        await prove_key()
        await dependencies.users.prove(identity, wanted.members)
        await search.prove_allowed()

    async def write(key: str | None) -> pb.CreateDialogResponse:
        return response(await search.write(key))

    async def find(earlier: Earlier) -> pb.CreateDialogResponse | None:
        created = await search.find(earlier)
        return None if created is None else response(created)

    return Mutation(pb.CreateDialogResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.CreateDialogRequest,
    response=pb.CreateDialogResponse,
    kind="write",
    rules={
        "member_ids": fields.MEMBER_IDS,
        "meta": fields.META,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
