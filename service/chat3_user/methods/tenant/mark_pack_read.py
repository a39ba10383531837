"""MarkPackRead: all messages of a pack are read by everybody."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.pack_reading import ReadByAll
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.MarkPackReadRequest
) -> Mutation[pb.MarkPackReadResponse]:
    identity, pack_id, reading = call.identity, request.pack_id, dependencies.pack_reading
    prove_key = partial(dependencies.access.prove_writer, identity)

    def response(read: ReadByAll) -> pb.MarkPackReadResponse:
        done = read.done
        return pb.MarkPackReadResponse(
            user_count=None if done is None else done.processed_users_count,
            dialog_count=None if done is None else done.processed_dialogs_count,
            missing_parts=list(read.missing),
        )

    async def ready() -> None:
        await prove_key()
        await dependencies.packs.known(identity, pack_id)

    async def write(_: str | None) -> pb.MarkPackReadResponse:
        return response(await reading.mark(identity, pack_id))

    async def find(earlier: Earlier) -> pb.MarkPackReadResponse | None:
        read = await reading.find(identity, pack_id, earlier)
        return None if read is None else response(read)

    return Mutation(pb.MarkPackReadResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.MarkPackReadRequest,
    response=pb.MarkPackReadResponse,
    kind="write",
    rules={"pack_id": fields.PACK_ID, "idempotency_key": fields.IDEMPOTENCY_KEY},
    mutation=_mutation,
)
