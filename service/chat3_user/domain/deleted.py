"""What deleted messages said, where only a look-up can tell that they are deleted.

A quote is a snapshot: the platform does not change it when the quoted message is deleted later. A
stored answer to a write is older still. So before either is shown, the platform is asked which of
these messages are deleted by now: one read for all of a page, and none for a page without quotes.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from chat3_user.errors import CallError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.query import WHOLE_PAGE, paged
from chat3_user.validation import Identity

_MESSAGE_ID: Final = re.compile("msg_[a-z0-9]{20}")

log = logging.getLogger(__name__)

Deletions = Mapping[str, m.Deletion]
"""By message id, the messages that are deleted."""


class DeletedMessages:
    """Asks for deletions; needs the key's `read` permission."""

    def __init__(self, api: TenantApi) -> None:
        self._api = api

    async def among(self, identity: Identity, message_ids: set[str]) -> Deletions:
        """Return which of at most 100 messages of the tenant are deleted.

        Platforms before 0.0.81 delete nothing, and answer that none is. Raises `CallError`.
        """
        if not message_ids:
            return {}
        # The ids come from the platform; only what is one goes into a filter.
        listed = ",".join(sorted(filter(_MESSAGE_ID.fullmatch, message_ids)))
        query = paged(1, WHOLE_PAGE, f"(messageId,in,[{listed}])&(deleted,eq,true)")
        page = await self._api.call(routes.DELETIONS, identity, query=query)
        return {row.message_id: row for row in page.data if row.deleted}

    async def marked(self, identity: Identity, page: Sequence[m.Message]) -> list[m.Message]:
        """Return at most 100 messages, their quotes marked as deleted where they are by now.

        What stands on the page itself is not asked for. Raises `CallError`.
        """
        here = {item.message_id: item for item in page}
        unknown = {
            quoted.message_id
            for item in page
            if (quoted := item.quoted_message) is not None
            and not (quoted.deleted or item.deleted or quoted.message_id in here)
        }
        elsewhere = await self.among(identity, unknown)
        return [_marked(item, here, elsewhere) for item in page]

    async def written(self, identity: Identity, sent: m.Message) -> m.Message:
        """Return a message just written, its quote marked as deleted where it is by now.

        The platform itself says so from 0.0.85 on. Raises `CallError`.
        """
        if sent.quoted_message is None or sent.quoted_message.deleted is not None:
            return sent
        (marked,) = await self.marked(identity, [sent])
        return marked

    async def marked_or_unquoted(self, identity: Identity, sent: m.Message) -> m.Message:
        """Return a message just written; without its quote when nobody can say how that stands.

        The message is written, and nobody will look for it: this cannot fail.
        """
        try:
            return await self.written(identity, sent)
        except CallError as error:
            log.warning("a quote is left out of an answer", extra={"problem": error})
            return replace(sent, quoted_message=None)


def _marked(item: m.Message, here: Mapping[str, m.Message], elsewhere: Deletions) -> m.Message:
    quoted = item.quoted_message
    if quoted is None:
        return item
    original = here.get(quoted.message_id) or elsewhere.get(quoted.message_id)
    if original is None or not original.deleted:
        return item
    quoted = replace(
        quoted,
        deleted=True,
        deleted_at=original.deleted_at,
        deleted_by=original.deleted_by,
    )
    return replace(item, quoted_message=quoted)
