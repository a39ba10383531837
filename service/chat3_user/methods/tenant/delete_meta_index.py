"""DeleteMetaIndex: a demand on custom data that is none any more."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping.meta_indexes import KINDS
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.DeleteMetaIndexRequest
) -> Mutation[pb.DeleteMetaIndexResponse]:
    where = (call.identity, KINDS[request.kind], request.index_id)
    indexes = dependencies.meta_indexes
    prove_key = partial(dependencies.access.prove_writer, call.identity)

    async def ready() -> None:
        # No attempt is sent for an index that is not there: one that has gone since was deleted.
        await prove_key()
        await indexes.known(*where)

    async def write(_: str | None) -> pb.DeleteMetaIndexResponse:
        await indexes.delete(*where)
        return pb.DeleteMetaIndexResponse()

    async def find(earlier: Earlier) -> pb.DeleteMetaIndexResponse | None:
        return pb.DeleteMetaIndexResponse() if await indexes.was_deleted(*where, earlier) else None

    return Mutation(pb.DeleteMetaIndexResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.DeleteMetaIndexRequest,
    response=pb.DeleteMetaIndexResponse,
    kind="write",
    rules={
        "kind": fields.META_KIND,
        "index_id": fields.META_INDEX_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
