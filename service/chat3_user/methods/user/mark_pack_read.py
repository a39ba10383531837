"""MarkPackRead: all messages of the calling user's dialogs in a pack are read."""

from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.reading import ReadPack
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.tenant_api import routes
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.MarkPackReadRequest
) -> Mutation[pb.MarkPackReadResponse]:
    identity, pack_id, reading = call.identity, request.pack_id, dependencies.reading

    def response(read: ReadPack) -> pb.MarkPackReadResponse:
        return pb.MarkPackReadResponse(
            dialog_count=read.dialog_count, missing_parts=list(read.missing)
        )

    async def prove() -> None:
        await dependencies.api.call(routes.USER_PACK, identity, pack_id=pack_id)

    async def write(_: str | None) -> pb.MarkPackReadResponse:
        return response(await reading.mark_pack(identity, pack_id))

    async def find(earlier: Earlier) -> pb.MarkPackReadResponse | None:
        read = await reading.find_pack(identity, pack_id, earlier)
        return None if read is None else response(read)

    return Mutation(
        pb.MarkPackReadResponse,
        write,
        find,
        prove,
        partial(dependencies.access.prove_writer, identity),
    )


METHOD: Final = Keyed(
    request=pb.MarkPackReadRequest,
    response=pb.MarkPackReadResponse,
    kind="write",
    rules={
        "pack_id": fields.PACK_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
