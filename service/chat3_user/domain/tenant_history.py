"""Pages of the messages of a tenant, for back ends: of one dialog, and across all.

The routes behind them refuse to give more than 100 messages at once. So a page of nearly that many
may be shorter, and only where still more have one time several requests are put together.
"""

from typing import Final

from msgspec.structs import replace

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.history import History, MessagesPage, Source
from chat3_user.domain.messages import Messages
from chat3_user.errors import reasons
from chat3_user.paging import Tokens
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.query import WHOLE_PAGE, paged
from chat3_user.tenant_api.route import Route
from chat3_user.validation.filters import (
    parse_tenant_message_sort,
    planned_message_filter,
    planned_tenant_message_filter,
)

_BESIDE: Final = 2
"""How many more messages are asked for than a page has: the one beside its place, and the next."""

_WALKS: Final = 3


class TenantHistory:
    """Reads pages; needs the key's `read` permission. Every method raises `CallError`."""

    def __init__(self, api: TenantApi, messages: Messages) -> None:
        self._api = api
        self._messages = messages

    async def of_dialog(self, call: Call, request: pb.ListMessagesRequest) -> MessagesPage:
        """Return the page of a dialog's messages that a valid request asks for."""

        async def ask(filter_: str, sort: str, limit: int) -> m.Page[m.Message]:
            segments = {"dialog_id": request.dialog_id}
            return await self._ask(call, routes.DIALOG_MESSAGES, filter_, sort, limit, segments)

        async def around() -> m.Message:
            message_id = str(request.around_message_id)
            message = await self._messages.known(call.identity, message_id)
            if message.dialog_id != request.dialog_id:
                raise reasons.message_not_found(message_id)
            return message

        tokens = Tokens(request, call)
        source = Source(ask, planned_message_filter(request.filter))
        history = History(source, tokens, request, parse_tenant_message_sort(request.sort))
        return await history.page(tokens.read(), around if request.around_message_id else None)

    async def across(self, call: Call, request: pb.SearchMessagesRequest) -> MessagesPage:
        """Return the page of the tenant's messages that a valid request asks for."""

        async def ask(filter_: str, sort: str, limit: int) -> m.Page[m.Message]:
            return await self._ask(call, routes.TENANT_MESSAGES, filter_, sort, limit, {})

        tokens = Tokens(request, call)
        source = Source(ask, planned_tenant_message_filter(request.filter))
        history = History(source, tokens, request, parse_tenant_message_sort(request.sort))
        return await history.page(tokens.read(), None)

    async def _ask(
        self,
        call: Call,
        route: Route[m.Page[m.Message]],
        filter_: str,
        sort: str,
        limit: int,
        segments: dict[str, str],
    ) -> m.Page[m.Message]:
        """Return the first messages: as many as asked for, or 100 where that is nearly enough."""

        async def page(number: int, size: int) -> m.Page[m.Message]:
            query = paged(number, size, filter_, sort)
            return await self._api.call(route, call.identity, query=query, **segments)

        if limit <= WHOLE_PAGE + _BESIDE:
            return await page(1, min(limit, WHOLE_PAGE))
        for _ in range(_WALKS):
            rows: list[m.Message] = []
            number = 0
            while True:
                number += 1
                found = await page(number, WHOLE_PAGE)
                rows += found.data
                if len(found.data) < found.pagination.limit or len(rows) >= limit:
                    break
            # Among messages of one time there is no order that stays: one that comes twice may
            # have come in the place of another.
            if len({row.message_id for row in rows}) == len(rows):
                return m.Page(rows[:limit], replace(found.pagination, limit=limit))
        raise reasons.upstream_unavailable()
