"""What comes for users without a feed, and what cannot be read at all."""

import json
import logging
import time

import pytest

from chat3_user.mapping.addresses import address_of
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.fanout import unreadable
from chat3_user.updates.fanout.feed import Feed
from chat3_user.updates.fanout.feeds import Feeds
from chat3_user.updates.fanout.settings import TailLimits
from chat3_user.updates.fanout.unreadable import Unreadable
from chat3_user.updates.log.watermarks import Watermark


def published(tenant: object = "t", user: object = "alice", event: str = "1") -> bytes:
    return json.dumps({"eventId": event, "tenantId": tenant, "userId": user, "data": {}}).encode()


class Decoding:
    """Decodes nothing; counts the attempts."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(self, body: bytes) -> DecodedUpdate | None:
        self.bodies.append(body)
        return None


def some_feeds(decode: Decoding, *users: str, remembered: int = 10) -> Feeds:
    feeds = Feeds(decode, address_of, remembered=remembered)
    for user in users:
        feeds.add(Feed("t", user, b"work", lambda: Watermark(None, 0, 0), TailLimits(1, 1)))
    return feeds


def test_only_updates_of_users_with_a_feed_are_decoded() -> None:
    decode = Decoding()
    feeds = some_feeds(decode, "alice")
    others = [published(user="bob"), published(tenant="other"), published(user="Alice")]
    for body in (*others, published()):
        feeds.dispatch(body)
    assert decode.bodies == [published()]
    assert [feeds.concern(body) for body in (*others, published())] == [False, False, False, True]


def test_what_comes_again_is_known_although_it_was_for_nobody() -> None:
    decode = Decoding()
    feeds = some_feeds(decode, remembered=10)
    for number in range(11):
        feeds.dispatch(published(event=str(number)))
    feeds.add(Feed("t", "alice", b"work", lambda: Watermark(None, 0, 0), TailLimits(1, 1)))
    for number in range(1, 11):
        feeds.dispatch(published(event=str(number)))
    assert decode.bodies == []
    feeds.dispatch(published(event="0"))
    assert decode.bodies == [published(event="0")], "it was remembered beyond its limit"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"no JSON",
        published(tenant=None),
        published(user=7),
        published()[:-1],
        b'{"userId": "alice"}',
        b'{"tenantId": "\xff", "userId": "alice"}',
        b'{"tenantId": "t", "userId": "alice", "data":' + b"[" * 100_000,
    ],
)
def test_a_body_that_does_not_say_whom_it_is_for_is_counted(body: bytes) -> None:
    assert address_of(body) is None
    feeds = some_feeds(Decoding(), "alice")
    assert feeds.unreadable.problem is None
    feeds.dispatch(body)
    assert feeds.unreadable.count == 1
    assert feeds.unreadable.problem is not None


def test_an_update_of_a_user_here_that_cannot_be_decoded_is_counted() -> None:
    feeds = some_feeds(Decoding(), "alice")
    feeds.dispatch(published())
    assert feeds.unreadable.count == 1


def test_what_cannot_be_read_is_reported_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = time.monotonic() + 1000
    monkeypatch.setattr(unreadable.time, "monotonic", lambda: now)
    bad = Unreadable()
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            bad.note(b"x")
        now += 59
        bad.note(b"x")
        assert len(caplog.records) == 1
        now += 2
        bad.note(b"x")
    assert [record.__dict__["updates"] for record in caplog.records] == [1, 6]
    assert bad.problem == "7 published updates could not be read: streams may lack them"
    now += 61
    assert bad.problem is None
