"""MarkPackMemberRead: all messages of a pack are read by one of its members.

It is done in the member's name, as the platform spells it.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.reading import ReadPack
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import Identity, fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.MarkPackMemberReadRequest
) -> Mutation[pb.MarkPackMemberReadResponse]:
    identity, pack_id, reading = call.identity, request.pack_id, dependencies.reading

    async def member() -> Identity:
        user_id = request.user_id.lower()
        spellings = await dependencies.pack_members.spellings(identity, pack_id, user_id)
        return replace(identity, user_id=spellings[0])

    def response(read: ReadPack) -> pb.MarkPackMemberReadResponse:
        return pb.MarkPackMemberReadResponse(
            dialog_count=read.dialog_count, missing_parts=list(read.missing)
        )

    prove_key = partial(dependencies.access.prove_writer, identity)

    async def write(_: str | None) -> pb.MarkPackMemberReadResponse:
        return response(await reading.mark_pack(await member(), pack_id))

    async def find(earlier: Earlier) -> pb.MarkPackMemberReadResponse | None:
        read = await reading.find_pack(await member(), pack_id, earlier)
        return None if read is None else response(read)

    return Mutation(pb.MarkPackMemberReadResponse, write, find, None, prove_key, prove_key)


METHOD: Final = Keyed(
    request=pb.MarkPackMemberReadRequest,
    response=pb.MarkPackMemberReadResponse,
    kind="write",
    rules={
        "pack_id": fields.PACK_ID,
        "user_id": fields.USER_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
