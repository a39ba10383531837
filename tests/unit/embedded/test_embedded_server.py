"""Composition: serving, demo data, the command line, health, unexpected errors."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from chat3_embedded import NEWEST, Generation, Settings, Store, seed_demo, serve
from chat3_embedded.__main__ import PERMISSIONS, masked, parse_arguments, run
from chat3_embedded.demo import API_KEY, GENERAL, TEAM, TENANT, WALK, WEEKEND
from chat3_embedded.express import etag
from chat3_embedded.jsonvalues import encode
from chat3_embedded.routes.table import routes_of
from support.left_open import nothing_left_open

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_publisher import FlakyPublisher

KEY = {"X-API-Key": API_KEY}


async def get(url: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession(headers=KEY) as session, session.get(url) as answer:
        return answer.status, await answer.json()


async def test_the_demo_data_are_served() -> None:
    async with serve(demo=True) as url:
        status, body = await get(url + "/api/users/alice/dialogs")
        assert status == 200
        titles = [dialog["meta"]["title"] for dialog in body["data"]]
        assert titles == ["Weekend plans", "Alice and Bob", "General"]
        _, messages = await get(f"{url}/api/users/carl/dialogs/{GENERAL}/messages")
        assert messages["data"][1]["reactionSet"] == [{"reaction": "☕", "count": 2, "me": True}]


async def test_who_connects_as_it_ends_is_disconnected() -> None:
    """Whenever that is, from before a connection is accepted until it is handed over."""
    with nothing_left_open():
        for turns in range(6):
            async with serve() as url:
                port = int(url.rpartition(":")[2])
                with socket.create_connection(("127.0.0.1", port)):
                    for _ in range(turns):
                        await asyncio.sleep(0)


def fingerprint(store: Store) -> str:
    """Return a digest of what the store holds, save for the random ids of the database."""
    queries = (
        "SELECT * FROM users",
        "SELECT * FROM dialogs",
        "SELECT * FROM members",
        "SELECT * FROM messages",
        "SELECT * FROM user_counters",
        "SELECT * FROM unread_by_type",
        "SELECT message_id, user_id, status, created_at FROM statuses ORDER BY number",
        "SELECT message_id, user_id, reaction, created_at FROM reactions",
        "SELECT entity_id, key, value, created_at FROM meta",
    )
    rows = [tuple(row) for query in queries for row in store._db.rows(query)]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_the_demo_data_are_always_the_same_and_written_once(tmp_path: Path) -> None:
    path = str(tmp_path / "demo.sqlite")
    with Store(path) as store, Store() as other:
        assert seed_demo(store)
        assert seed_demo(other)
        assert fingerprint(store) == fingerprint(other)
        store.add_message("tnt_default", GENERAL, "bob", "mine")
    with Store(path) as store:
        before = fingerprint(store)
        assert not seed_demo(store)
        assert fingerprint(store) == before


async def test_a_file_database_survives(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sqlite")
    for _ in range(2):
        async with serve(database=path, demo=True) as url:
            status, body = await get(url + "/api/users/alice")
            assert (status, body["data"]["stats"]["dialogCount"]) == (200, 3)


async def test_a_given_store_stays_open(store: Store) -> None:
    async with serve(store=store) as url:
        assert url.startswith("http://127.0.0.1:")
    assert store.tenants.count() == 0


async def test_health_is_degraded_while_updates_cannot_be_published(
    store: Store, publisher: FlakyPublisher
) -> None:
    seed_demo(store)
    publisher.refusals = 1_000_000
    settings = Settings(publish_retry_first=0.001, drain_timeout=0.0)
    async with serve(store=store, publisher=publisher, settings=settings) as url:
        async with aiohttp.ClientSession(headers=KEY) as session:
            await session.put(url + "/api/users/alice", json={})
        await publisher.tried(1)
        status, body = await get(url + "/health")
    assert (status, body["status"]) == (503, "degraded")
    assert body["rabbitmq"]["connected"] is False


async def test_an_unexpected_error_shows_its_raw_text(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_key: str) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(store.tenants, "key", broken)
    async with serve(store=store) as url:
        status, body = await get(url + "/api/users/alice")
    assert (status, body) == (500, {"error": "Internal Server Error", "message": "oops"})
    assert "unexpected error" in caplog.text


def test_an_etag_is_the_recorded_one() -> None:
    body = {
        "data": {
            "userId": "alice",
            "tenantId": "tnt_demo",
            "type": "user",
            "createdAt": "1795424679978.554443",
        }
    }
    assert etag(encode(body)) == 'W/"62-n5ZTLRdS4SRYDHLZopGqeksGekY"'


def test_the_command_line_has_defaults_and_hides_credentials() -> None:
    options = parse_arguments([])
    assert (options.host, options.database, options.demo) == ("127.0.0.1", ":memory:", False)
    assert options.rabbitmq_url is None
    assert masked("amqp://user:secret@host:5672/vhost") == "amqp://***:***@host:5672/vhost"
    assert masked("amqp://host/") == "amqp://***:***@host/"


@pytest.mark.parametrize("arguments", [["--demo"], ["--rabbitmq-url", "amqp://127.0.0.1:1/"]])
async def test_it_runs_until_it_is_told_to_stop(arguments: list[str]) -> None:
    stop = asyncio.Event()
    stop.set()
    await run(parse_arguments(["--port", "0", *arguments]), stop)


@pytest.mark.parametrize(
    ("sent", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)]
)
async def test_the_module_runs_as_a_process_and_ends_on_a_signal(
    sent: signal.Signals, status: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chat3_embedded",
        "--port",
        "0",
        "--demo",
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    line = (await process.stderr.readline()).decode()
    url = line.split()[-1]
    assert (await get(url + "/api/users/bob"))[0] == 200
    process.send_signal(sent)
    await process.communicate()
    assert process.returncode == status


async def test_tenants_and_keys_of_the_command_line_are_there(tmp_path: Path) -> None:
    path = str(tmp_path / "cli.sqlite")
    arguments = ["--port", "0", "--database", path, "--tenant", "tnt_a", "--tenant", "tnt_b"]
    keys = ("one=secret:with:colon:read,write", "two=b:", "three=c:inactive", "four=d:expired")
    for key in keys:
        arguments += ["--api-key", key]
    stop = asyncio.Event()
    stop.set()
    await run(parse_arguments(arguments), stop)
    with Store(path) as store:
        tenants = store.tenants.page(limit=9, offset=0, descending=False)
        assert [tenant.tenant_id for tenant in tenants] == ["tnt_a", "tnt_b"]
        first = store.tenants.key("secret:with:colon")
        assert first is not None
        assert (first.name, first.permissions) == ("one", {"read", "write"})
        found = [store.tenants.key(key) for key in "bcd"]
        assert [key.permissions for key in found if key] == [set(), PERMISSIONS, PERMISSIONS]
        assert [(key.active, key.expires_at) for key in found if key] == [
            (True, None),
            (False, None),
            (True, 1.0),
        ]


@pytest.mark.parametrize("text", ["", "name", "name=key", "=key:read", "name=:read", "a=b:admin"])
def test_a_malformed_key_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--api-key", text])
    assert "NAME=KEY:PERMISSIONS" in capsys.readouterr().err


async def test_the_demo_has_something_to_show_on_every_route_that_reads(store: Store) -> None:
    values = {
        "tenantId": TENANT,
        "userId": "alice",
        "dialogId": WEEKEND,
        "messageId": "msg_demo0000000000000002",
        "topicId": WALK,
        "packId": TEAM,
        "entityType": "topic",
        "entityId": WALK,
    }
    # Nobody demands anything of meta there.
    missing = {"/api/meta/index/{entityType}", "/api/meta/index/{entityType}/{indexId}"}
    templates = [route.path for route in routes_of(Generation(NEWEST)) if route.method == "GET"]
    found, shown = {}, set(templates) - missing
    async with (
        serve(store=store, settings=Settings(platform=NEWEST), demo=True) as url,
        aiohttp.ClientSession(headers=KEY) as session,
    ):
        for path in shown:
            # The message that has a version, a reaction and a status is of another dialog.
            dialog = GENERAL if "messages/{" in path else WEEKEND
            async with session.get(url + path.format(**{**values, "dialogId": dialog})) as answer:
                body = await answer.json()
                found[path] = answer.status == 200 and any(_rows(body["data"]))
    assert found == dict.fromkeys(shown, True)


def _rows(data: Any) -> list[Any]:
    if isinstance(data, dict) and set(data) == {"reactions"}:
        return list(data["reactions"])
    return data if isinstance(data, list) else [data]
