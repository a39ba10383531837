"""The history of a message's statuses, which the platform shows to members of its dialog alone."""

from collections.abc import Iterable, Mapping

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.validation import Identity


async def history_page(
    api: TenantApi,
    identity: Identity,
    message: m.Message,
    members: Iterable[str],
    query: Mapping[str, str],
) -> m.Page[m.StatusRecord] | None:
    """Return a page of a message's history, for a back end: as the first of the members sees it.

    ``members`` are as the platform spells them. One who has left since sees nothing, and no route
    takes an id with a dot: None when that holds for all.

    Raises `CallError`.
    """
    for member in members:
        if "." in member:
            continue
        try:
            return await api.call(
                routes.STATUSES,
                identity,
                query=query,
                user_id=member,
                dialog_id=message.dialog_id,
                message_id=message.message_id,
            )
        except CallError as error:
            # So a back end is told that the user is no member.
            if error.reason is not ErrorReason.DIALOG_NOT_FOUND:
                raise
    return None
