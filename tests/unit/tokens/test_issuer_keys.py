"""The keys of an issuer: read again at a bounded rate, kept when they cannot be read."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_user.errors import CallError
from chat3_user.tokens import issuer_keys as module
from chat3_user.tokens import key_source as source_module
from chat3_user.tokens.issuer_keys import IssuerKeys
from chat3_user.tokens.key_source import key_source
from support.tokens import Issuer


class Read:
    """What reads the keys of an issuer, when it is let."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.times = 0
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.failure: Exception | None = None

    async def __call__(self) -> bytes:
        self.times += 1
        self.begun.set()
        await self.go_on.wait()
        if self.failure is not None:
            raise self.failure
        return self.issuer.document()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def read(issuer: Issuer) -> Read:
    return Read(issuer)


@pytest.fixture
def outcomes() -> list[str]:
    return []


@pytest.fixture
async def keys(read: Read, outcomes: list[str]) -> AsyncIterator[IssuerKeys]:
    keys = IssuerKeys(read, outcomes.append)
    await keys.open()
    yield keys
    await keys.close()


async def refused(keys: IssuerKeys, id_: str) -> Reason:
    with pytest.raises(CallError) as caught:
        await keys.key(id_)
    return caught.value.reason


async def test_a_known_key_is_not_asked_for(keys: IssuerKeys, read: Read) -> None:
    assert (await keys.key("one")).kid == "one"
    assert read.times == 1


async def test_a_new_key_is_found_when_it_is_first_used(
    keys: IssuerKeys, read: Read, issuer: Issuer, outcomes: list[str]
) -> None:
    issuer.add("two")
    assert (await keys.key("two")).kid == "two"
    assert read.times == 2
    assert outcomes == ["read", "read"]


async def test_unknown_keys_make_the_set_be_read_at_a_bounded_rate(
    keys: IssuerKeys, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(50):
        assert await refused(keys, f"invented-{number}") is Reason.TOKEN_KEY_UNKNOWN
    assert read.times == 2
    monkeypatch.setattr(keys, "_not_before", keys._not_before - module.PAUSE)
    assert await refused(keys, "invented") is Reason.TOKEN_KEY_UNKNOWN
    assert read.times == 3


async def test_all_who_ask_at_once_share_one_reading(
    keys: IssuerKeys, read: Read, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.add("two")
    monkeypatch.setattr(module, "_WAITING", 20)
    read.go_on.clear()
    read.begun.clear()
    asking = [asyncio.create_task(keys.key("two")) for _ in range(20)]
    await read.begun.wait()
    assert await refused(keys, "two") is Reason.TOKEN_KEY_UNKNOWN, "one more does not wait"
    asking.pop().cancel()
    read.go_on.set()
    assert {key.kid for key in await asyncio.gather(*asking)} == {"two"}
    assert read.times == 2


@pytest.mark.parametrize(
    "failure", [OSError("s3cret"), TimeoutError(), module.ClientError("s3cret")]
)
async def test_the_last_good_set_is_kept(
    keys: IssuerKeys,
    read: Read,
    outcomes: list[str],
    failure: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    read.failure = failure
    assert await refused(keys, "two") is Reason.TOKEN_KEY_UNKNOWN
    assert (await keys.key("one")).kid == "one"
    assert keys.problem == type(failure).__name__
    assert outcomes == ["read", "failed"]
    assert "were not read" in caplog.text
    assert "s3cret" not in "".join(str(vars(record)) for record in caplog.records)


async def test_without_any_key_a_token_cannot_be_judged(read: Read) -> None:
    read.failure = OSError()
    keys = IssuerKeys(read, lambda _: None)
    await keys.open()
    assert await refused(keys, "one") is Reason.UPSTREAM_UNAVAILABLE
    await keys.close()


async def test_keys_are_read_again_now_and_then_and_a_withdrawn_one_is_gone(
    read: Read, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = asyncio.Event()
    keys = IssuerKeys(read, lambda _: None)
    issuer.add("two")
    monkeypatch.setattr(module, "_EVERY", 0.01)
    await keys.open()
    keys.on_change(changed.set)
    assert await keys.key("one")
    del issuer.keys["one"]
    await changed.wait()
    assert await refused(keys, "one") is Reason.TOKEN_KEY_UNKNOWN
    await keys.close()


async def test_a_set_that_stays_the_same_is_no_change(
    keys: IssuerKeys, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    def changed() -> None:
        raise AssertionError

    keys.on_change(changed)
    caplog.set_level(logging.INFO)
    assert await refused(keys, "unknown") is Reason.TOKEN_KEY_UNKNOWN
    assert read.times == 2


async def test_a_file_and_an_address_are_read(issuer: Issuer, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(issuer.document())
    assert await key_source(str(file), None)() == issuer.document()
    async with issuer.running():
        assert await key_source(issuer.url, None)() == issuer.document()


async def test_an_address_that_answers_otherwise_is_refused(issuer: Issuer) -> None:
    async with issuer.running():
        read = key_source(issuer.url, None)
        with pytest.raises(source_module.KeySetError, match="302"):
            await key_source(issuer.url.replace("/keys", "/moved"), None)()
        for status, body in ((503, None), (204, None), (404, b""), (200, b"x" * 262_145)):
            issuer.status, issuer.body = status, body
            with pytest.raises(source_module.KeySetError):
                await read()
    with pytest.raises(OSError, match="Cannot connect"):
        await read()


async def test_an_address_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "TIMEOUT", 0.2)
    silent, ended = asyncio.Event(), asyncio.Event()

    async def nothing(_: web.Request) -> web.StreamResponse:
        silent.set()
        await ended.wait()
        return web.Response()

    app = web.Application()
    app.router.add_get("/keys", nothing)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with pytest.raises(TimeoutError):
        await key_source(f"http://127.0.0.1:{runner.addresses[0][1]}/keys", None)()
    assert silent.is_set()
    ended.set()
    await runner.cleanup()
