"""Lists by routes that give 100 messages at once: whole, also where one time fills many pages."""

import asyncio
import random
from typing import Any, cast

import pytest

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.calls import Call
from chat3_user.domain.access import Access
from chat3_user.domain.history import MessagesPage
from chat3_user.domain.messages import Messages
from chat3_user.domain.tenant_history import TenantHistory
from chat3_user.errors import CallError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.validation import Identity

CALL = Call("TenantService/SearchMessages", "request", Identity("key", "tnt_one"))
MORNING = 1795424735959.0
MOST = 100


class Platform:
    """Messages of one time, ``ties`` of which change places between two reads, and older ones."""

    def __init__(self, same: int, older: int, *, unstable_reads: int = 0) -> None:
        self.same = [_message(number, MORNING) for number in range(same)]
        self.older = [_message(same + number, MORNING - 1 - number) for number in range(older)]
        self.unstable_reads = unstable_reads
        self.asked: list[tuple[int, int]] = []
        self._random = random.Random(1)

    async def call(self, route: Any, _: Identity, *, query: dict[str, str], **__: str) -> Any:
        assert route is routes.TENANT_MESSAGES
        number, limit = int(query["page"]), int(query["limit"])
        assert limit <= MOST, "the platform refuses it"
        self.asked.append((number, limit))
        if self.unstable_reads:
            self.unstable_reads -= 1
            self._random.shuffle(self.same)
        rows = [*self.same, *self.older]
        found = rows[(number - 1) * limit : number * limit]
        return m.Page(found, m.Pagination(number, limit, len(rows), 1))


def _message(number: int, time: float) -> m.Message:
    return m.Message(
        f"msg_{number:020d}", "dlg_" + "a" * 20, "alice", "x", created_at=f"{time:.6f}"
    )


def first(platform: Platform, size: int) -> MessagesPage:
    api = cast("TenantApi", platform)
    history = TenantHistory(api, Messages(api, Access(api)))
    return asyncio.run(history.across(CALL, pb.SearchMessagesRequest(page_size=size)))


@pytest.mark.parametrize(("size", "shown"), [(10, 10), (98, 98), (99, 99), (100, 99)])
def test_a_page_is_one_request(size: int, shown: int) -> None:
    platform = Platform(0, 300)
    page = first(platform, size)
    assert len(page.messages) == shown
    assert page.next_token
    assert len(platform.asked) == 1


@pytest.mark.parametrize("same", [101, 300, 500])
def test_more_messages_of_one_time_than_one_request_gives_are_read_together(same: int) -> None:
    platform = Platform(same, 50)
    page = first(platform, 30)
    ids = [message.message_id for message in page.messages]
    assert ids == sorted((row.message_id for row in platform.same), reverse=True)[:30]
    assert len(platform.asked) < 20


def test_messages_that_change_places_meanwhile_are_read_again() -> None:
    # The first request, those of the first walk and some of the second.
    platform = Platform(300, 0, unstable_reads=4)
    page = first(platform, 30)
    ids = [message.message_id for message in page.messages]
    assert ids == sorted((row.message_id for row in platform.same), reverse=True)[:30]


def test_what_never_stands_still_is_told_and_never_shown_in_part() -> None:
    platform = Platform(300, 0, unstable_reads=1_000_000)
    with pytest.raises(CallError) as failed:
        first(platform, 30)
    assert failed.value.reason is ErrorReason.UPSTREAM_UNAVAILABLE
