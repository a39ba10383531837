"""Reads what attempts to send a message left at tenant-api; changes nothing."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from chat3_user.domain.attempts import Request, Statuses, statuses_of
from chat3_user.domain.dialogs import Dialogs
from chat3_user.domain.settling import CLOCKS_DIFFER, ORPHAN_CLOCKS_DIFFER, unix_time
from chat3_user.domain.status_history import history_page
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.pages import Pages
from chat3_user.tenant_api.query import WHOLE_PAGE, is_plain, paged
from chat3_user.tenant_api.sending import SEND_KEY
from chat3_user.times import to_datetime

_COPIES: Final = 50
"""More copies of one key than interrupted repairs can leave."""


@dataclass(frozen=True, slots=True)
class Audience:
    """How many members a dialog has besides the sender, and when the sender's last message was.

    The time is as the platform writes it, and absent where the sender is no member.
    """

    others: int
    last_message_at: m.Time | None = None


class Traces:
    """What tenant-api has of a message; each method is one question."""

    def __init__(self, api: TenantApi) -> None:
        self._api = api
        self._dialogs = Dialogs(api)

    async def keyed(self, request: Request, earlier: Earlier) -> list[m.Message]:
        """Return the messages that carry the key and were written in its time, oldest first."""
        since = time.time() - earlier.oldest - CLOCKS_DIFFER
        return [row for row in await self.named(request, earlier.name) if written_at(row) >= since]

    async def named(self, request: Request, name: str) -> list[m.Message]:
        """Return the messages that carry the key, oldest first."""
        query = paged(1, _COPIES, f'(meta.{SEND_KEY},eq,"{name}")')
        page = await self._messages(request, query)
        return page.data[::-1]

    async def orphans(self, request: Request, age: float) -> list[m.Message]:
        """Return what attempts since ``age`` seconds that were cut before their key may have left.

        They come oldest first.

        New messages move older ones to later pages while these are read: that repeats some, and
        loses none.
        """
        since = time.time() - age - ORPHAN_CLOCKS_DIFFER
        filter_ = f"(createdAt,gt,{int(since * 1000)})"
        sender = request.sender_id
        if is_plain(sender):
            filter_ += f'&(senderId,eq,"{sender}")'
        found: dict[str, m.Message] = {}
        async for page in Pages(
            lambda number: self._messages(request, paged(number, WHOLE_PAGE, filter_)), WHOLE_PAGE
        ):
            found |= {row.message_id: row for row in page if request.may_have_left(row)}
            if len(page) == WHOLE_PAGE and written_at(page[-1]) < since:
                break
        candidates = [row for row in found.values() if written_at(row) >= since]
        return sorted(candidates, key=written_at)

    async def audience(self, request: Request) -> Audience | None:
        """Return who is in the dialog; None when a user who sends is not."""
        query = paged(1, 1, f'(dialogId,eq,"{request.dialog_id}")')
        page = await self._api.call(
            routes.USER_DIALOGS, request.identity, query=query, user_id=request.sender_id
        )
        if page.data:
            dialog = page.data[0]
            return Audience(dialog.members_count - 1, dialog.context.last_message_at)
        if not request.by_back_end:
            return None
        answer = await self._api.call(routes.DIALOG, request.identity, dialog_id=request.dialog_id)
        return Audience(answer.data.stats.member_count)

    async def statuses(self, request: Request, message: m.Message) -> Statuses:
        """Return how far the platform got with the first statuses of a message.

        Only who was a member before the message, and is one still, counts as expected.
        """
        if not request.has_statuses:
            return Statuses.NOBODY
        expected = await self._members_then(request, message)
        if not expected:
            return Statuses.NOBODY
        rows = await self._history(request, message, expected)
        if rows is None:
            return Statuses.NOBODY
        return statuses_of(expected, rows, request.sender_id)

    async def _messages(self, request: Request, query: Mapping[str, str]) -> m.Page[m.Message]:
        route = routes.DIALOG_MESSAGES if request.by_back_end else routes.USER_MESSAGES
        return await self._api.call(
            route, request.identity, query=query, dialog_id=request.dialog_id
        )

    async def _members_then(self, request: Request, message: m.Message) -> set[str]:
        created = written_at(message)
        members = await self._dialogs.members(request.identity, request.dialog_id)
        with understood(routes.MEMBERS):
            return {
                member.user_id
                for member in members
                if member.created_at is not None
                and to_datetime(member.created_at).timestamp() <= created
                and member.user_id.lower() != message.sender_id
            }

    async def _history(
        self, request: Request, message: m.Message, members: Collection[str]
    ) -> list[m.StatusRecord] | None:
        """Return all entries, as a user who sends sees them; None when no member sees them."""
        viewers = sorted(members) if request.by_back_end else [request.sender_id]
        found: list[m.StatusRecord] = []
        number = 0
        while True:
            number += 1
            page = await history_page(
                self._api, request.identity, message, viewers, paged(number, WHOLE_PAGE)
            )
            if page is None:
                return None
            found += page.data
            if len(page.data) < WHOLE_PAGE:
                return found


def written_at(message: m.Message) -> float:
    """Return when a message was written, in Unix seconds by the platform's clock."""
    return unix_time(routes.USER_MESSAGES, message.created_at)
