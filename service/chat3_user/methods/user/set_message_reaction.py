"""SetMessageReaction: a reaction given to a message, or taken back."""

from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.guard import past_guard
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.tenant_api.marks import set_reaction, unset_reaction
from chat3_user.validation import fields
from chat3_user.validation.rules import Required
from chat3_user.validation.text_rules import Length, NoControlCharacters, NoOuterWhiteSpace


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.SetMessageReactionRequest
) -> Mutation[pb.SetMessageReactionResponse]:
    identity, access = call.identity, dependencies.access
    where = (identity, request.dialog_id, request.message_id)
    prove = partial(access.prove_message, *where)
    given = request.action == pb.ReactionAction.SET
    change = set_reaction if given else unset_reaction

    async def write(_: str | None) -> pb.SetMessageReactionResponse:
        await prove()
        changed = await past_guard(lambda: change(dependencies.api, *where, request.reaction))
        return pb.SetMessageReactionResponse(changed=changed)

    async def find(earlier: Earlier) -> pb.SetMessageReactionResponse | None:
        past = await dependencies.past_marks.reaction(*where, request.reaction, earlier)
        if past is None:
            return None
        return pb.SetMessageReactionResponse(changed=past.changed, missing_parts=list(past.missing))

    return Mutation(
        pb.SetMessageReactionResponse,
        write,
        # What is not there may have been taken back, or never have been given.
        find if given else None,
        prove,
        partial(access.prove_writer, identity),
    )


METHOD: Final = Keyed(
    request=pb.SetMessageReactionRequest,
    response=pb.SetMessageReactionResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "reaction": (Required(), Length(50, low=1), NoControlCharacters(), NoOuterWhiteSpace()),
        "action": fields.one_named(pb.ReactionAction, "an action this contract names"),
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
