"""Messages whose custom data the tenant's meta indexes refuse: deleted, with the reason.

tenant-api stops at the key that breaks a rule and says only that it failed: the message stays, with
our key, without the rest. Why it stopped is said by the route that sets one key.
"""

import logging
from functools import partial

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.attempts import Request
from chat3_user.domain.guard import past_guard
from chat3_user.domain.repairs import put_message_meta, take_away
from chat3_user.domain.traces import Traces
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import in_doubt

log = logging.getLogger(__name__)


async def refusal(api: TenantApi, traces: Traces, request: Request, name: str) -> CallError | None:
    """Return why the platform stopped at the meta of a message; None when that is not known.

    ``name`` is what names the attempt, which the platform works on no more. The message is deleted;
    where the platform cannot do that, the failure names it, and leaves the outcome open.
    """
    try:
        for row in await traces.named(request, name):
            if row.deleted:
                continue
            conflict = await _conflict(api, request, row)
            if conflict is not None:
                return await _taken_back(api, request, row, conflict)
    except CallError as error:
        log.warning("why a message was refused is not known", extra={"problem": error})
    return None


async def _conflict(api: TenantApi, request: Request, row: m.Message) -> CallError | None:
    for key, value in request.missing_meta(row).items():
        put = partial(put_message_meta, api, request.identity, row.message_id, key, value)
        try:
            await past_guard(put)
        except CallError as error:
            if error.reason is ErrorReason.META_INDEX_CONFLICT:
                return error
            raise
    return None


async def _taken_back(
    api: TenantApi, request: Request, row: m.Message, conflict: CallError
) -> CallError:
    gone = await past_guard(partial(take_away, api, request.identity, row.message_id))
    if gone is None:
        return in_doubt(reasons.leaving(conflict, row.message_id))
    return conflict
