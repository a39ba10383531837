"""CreateMetaIndex: a demand on the custom data of one kind of thing."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping.meta_indexes import KINDS, index_spec, meta_index
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.CreateMetaIndexRequest
) -> Mutation[pb.CreateMetaIndexResponse]:
    identity, access, indexes = call.identity, dependencies.access, dependencies.meta_indexes
    kind = KINDS[request.kind]
    prove_key = partial(access.prove_writer, identity)

    async def ready() -> None:
        await prove_key()
        await access.prove_known(identity)

    def response(index: m.MetaIndex) -> pb.CreateMetaIndexResponse:
        with understood(routes.CREATE_META_INDEX):
            return pb.CreateMetaIndexResponse(index=meta_index(request.kind, index))

    async def write(_: str | None) -> pb.CreateMetaIndexResponse:
        spec = index_spec(request)
        return response(await indexes.create(identity, kind, spec, dry=request.validate_only))

    async def find(_: Earlier) -> pb.CreateMetaIndexResponse | None:
        if request.validate_only:
            return None
        found = await indexes.find(identity, kind, index_spec(request))
        return None if found is None else response(found)

    return Mutation(pb.CreateMetaIndexResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.CreateMetaIndexRequest,
    response=pb.CreateMetaIndexResponse,
    kind="write",
    rules={
        "kind": fields.META_KIND,
        "mode": fields.META_INDEX_MODE,
        "keys": fields.META_INDEX_KEYS,
        "condition": fields.META_INDEX_CONDITION,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
