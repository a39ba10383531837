"""GetOrCreateDirectDialog: the one dialog between the calling user and another."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.direct_dialogs import DirectDialog, Pair
from chat3_user.errors import CallError, FieldViolation, invalid_fields
from chat3_user.idempotency import Earlier, Mutation, Standing
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields

_OTHER_WORDS: Final = "not the calling user"


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetOrCreateDirectDialogRequest
) -> pb.GetOrCreateDirectDialogResponse:
    pair = Pair(call.identity, request.user_id.lower())
    if pair.other == call.identity.user_id:
        raise invalid_fields([FieldViolation("user_id", _OTHER_WORDS)])
    known = await dependencies.direct_dialogs.known(pair)
    if known is not None:
        standing = await dependencies.once.standing(call, pair.name)
        if standing is Standing.OPEN:
            await dependencies.direct_dialogs.announce(pair, known)
        if standing is not Standing.IN_DOUBT:
            return _response(known)
    search = dependencies.direct_dialogs.search(pair)

    async def write(name: str | None) -> pb.GetOrCreateDirectDialogResponse:
        return _response(await search.write(name))

    async def find(earlier: Earlier) -> pb.GetOrCreateDirectDialogResponse | None:
        found = await search.find(earlier)
        return None if found is None else _response(found)

    mutation = Mutation(pb.GetOrCreateDirectDialogResponse, write, find, ready=search.ready)
    try:
        return await dependencies.once.alone(call, pair.name, mutation)
    except CallError as error:
        if error.reason is not pb.ErrorReason.IDEMPOTENCY_STORE_UNAVAILABLE:
            raise
        # What is there needs no store. Whether it was announced, nobody can say.
        whole = await dependencies.direct_dialogs.whole(pair)
        if whole is None:
            raise
        await dependencies.direct_dialogs.announce(pair, whole)
        return _response(whole)


def _response(found: DirectDialog) -> pb.GetOrCreateDirectDialogResponse:
    with understood(routes.USER_DIALOGS):
        return pb.GetOrCreateDirectDialogResponse(
            dialog=entities.dialog(found.dialog, with_last_message=False), created=found.created
        )


METHOD: Final = Unary(
    request=pb.GetOrCreateDirectDialogRequest,
    response=pb.GetOrCreateDirectDialogResponse,
    kind="write",
    rules={"user_id": fields.USER_ID},
    run=_run,
)
