"""The trace context of a request goes on to its updates, where that is asked for."""

import aiohttp
import pytest
from embedded_platform import HEADERS, platform

from chat3_embedded import Store

RECORDED = {"userId", "entityId", "updateType", "sourceEventType"}
CONTEXT = {
    "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    "tracestate": "vendor=1",
    "baggage": "shop=north",
}


async def sent_headers(store: Store, *, passed_on: bool) -> list[dict[str, str]]:
    """Send a message with a context and one without, by one connection; return all updates'."""
    async with (
        platform(store, trace_headers=passed_on) as served,
        aiohttp.ClientSession(headers=HEADERS) as session,
    ):
        url = f"{served.url}/api/dialogs/{served.dialog}/messages"
        for number, headers in enumerate((CONTEXT, {})):
            body = {"senderId": "alice", "content": str(number)}
            async with session.post(url, json=body, headers=headers) as answer:
                assert answer.status == 201
    return [dict(update.headers) for update in store.outgoing.kept()]


async def test_by_itself_it_sends_what_was_recorded(store: Store) -> None:
    found = await sent_headers(store, passed_on=False)
    assert found
    assert all(headers.keys() == RECORDED for headers in found)


@pytest.mark.parametrize("number", [0, 1])
async def test_an_update_has_the_context_of_its_own_request(store: Store, number: int) -> None:
    found = await sent_headers(store, passed_on=True)
    messages = [headers for headers in found if headers["updateType"] == "update.message"]
    counters = [headers for headers in found if headers["updateType"] != "update.message"]
    assert len(messages) == 6
    for headers in messages[3 * number : 3 * number + 3]:
        carried = {name: value for name, value in headers.items() if name not in RECORDED}
        assert carried == ([CONTEXT, {}][number])
    assert counters
    assert all(headers.keys() == RECORDED for headers in counters)
