"""Versions of the platform: what each can do, and the routing keys while one replaces another."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from chat3_embedded import (
    NEWEST,
    OLDEST,
    VERSIONS,
    Generation,
    KeyForm,
    RoutingKeys,
    Settings,
    Store,
    create_app,
    seed_demo,
    serve,
)
from chat3_embedded.demo import API_KEY, GENERAL
from chat3_embedded.generations import Capability
from chat3_embedded.jsonvalues import utf16_prefix
from chat3_embedded.publishing import NullPublisher
from chat3_embedded.routing import Address, Worker
from chat3_embedded.steps import at_once
from chat3_embedded.store import edits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from embedded_publisher import FlakyPublisher

ADDRESS = Address("tnt_one", "dialog", "user", "alice", "message")
OLD, NEW = "update.dialog.user.alice.message", "update.dialog.tnt_one.user.alice.message"


class KeepingPublisher:
    """Keeps keys and bodies."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []

    async def publish(
        self, routing_key: str, body: bytes, headers: Mapping[str, str], timestamp_ms: int
    ) -> None:
        self.taken.append((routing_key, json.loads(body)))


def test_a_later_version_can_all_that_an_earlier_one_can() -> None:
    able = [{c for c in Capability if Generation(v).can(c)} for v in VERSIONS]
    assert able[0] == set()
    assert all(one <= other for one, other in itertools.pairwise(able))
    assert able[-1] == set(Capability)
    assert Capability.TENANT_IN_ROUTING_KEY in able[VERSIONS.index("0.0.86")]
    assert Capability.TENANT_IN_ROUTING_KEY not in able[VERSIONS.index("0.0.85")]


def test_an_unknown_version_is_refused_at_the_start(store: Store) -> None:
    with pytest.raises(ValueError, match=r"0\.0\.99.*none of 0\.0\.80"):
        create_app(store, NullPublisher(), settings=Settings(platform="0.0.99"))


@pytest.mark.parametrize(
    ("version", "form", "expected"),
    [
        (OLDEST, None, OLD),
        ("0.0.85", None, OLD),
        ("0.0.86", None, NEW),
        (NEWEST, None, NEW),
        (NEWEST, KeyForm.OLD, OLD),
        (OLDEST, KeyForm.NEW, NEW),
    ],
)
def test_keys_have_the_versions_form_unless_told(
    version: str, form: KeyForm | None, expected: str
) -> None:
    keys = RoutingKeys.of(Generation(version), form)
    assert {keys.key(ADDRESS, worker) for worker in Worker} == {expected}


def test_a_platform_half_rolled_out_writes_both_forms() -> None:
    keys = RoutingKeys(KeyForm.BY_WORKER)
    assert keys.key(ADDRESS, Worker.UPDATES) == NEW
    assert keys.key(ADDRESS, Worker.COUNTERS) == OLD
    keys.form = KeyForm.BY_CHANCE
    assert {keys.key(ADDRESS, Worker.UPDATES) for _ in range(100)} == {OLD, NEW}


async def test_an_upgrade_changes_keys_while_updates_are_sent(store: Store) -> None:
    publisher, keys = KeepingPublisher(), RoutingKeys(KeyForm.OLD)
    seed_demo(store)
    headers, url_of = {"X-API-Key": API_KEY}, f"/api/dialogs/{GENERAL}/messages"
    async with (
        serve(store=store, publisher=publisher, keys=keys) as url,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        for form in KeyForm:
            keys.form = form
            body = {"senderId": "alice", "content": form}
            async with session.post(url + url_of, json=body) as answer:
                assert answer.status == 201
    words = {len(key.split(".")) for key, _ in publisher.taken}
    assert words == {5, 6}
    # Not one update twice, whatever its form.
    identities = [
        (b["eventId"], b["userId"], b["updateType"], b["entityId"]) for _, b in publisher.taken
    ]
    assert len(set(identities)) == len(identities) == len(KeyForm) * 8


def test_a_file_from_before_deletion_is_read(tmp_path: Path) -> None:
    path = str(tmp_path / "old.sqlite")
    with Store(path) as store:
        seed_demo(store)
        store._db.run("DROP TABLE message_versions")
        for column in ("deleted", "deleted_at", "deleted_by", "edited", "edited_at", "edited_by"):
            store._db.run(f"ALTER TABLE messages DROP COLUMN {column}")
    with Store(path) as store:
        message = store.messages.page({"tenantId": "tnt_default"})[0]
        assert (message.deleted, message.edited) == (None, None)
        store.generation = Generation(NEWEST)
        edits.set_deleted(store, message, deleted=True, by="alice")
        at_once(edits.edit(store, message, "again", None))
        changed = store.messages.get(message.tenant_id, message.message_id)
        assert changed is not None
        assert (changed.deleted, changed.deleted_by, changed.content) == (True, "alice", "again")


@pytest.mark.parametrize(
    ("content", "units"),
    [
        ("a" * 4096, "a" * 4096),
        ("a" * 4097, "a" * 4096),
        ("😀" * 2048, "😀" * 2048),
        ("😀" * 2049, "😀" * 2048),
        ("a" + "😀" * 2048, "a" + "😀" * 2047 + "\ufffd"),
    ],
)
def test_a_text_is_cut_by_utf_16_units(content: str, units: str) -> None:
    assert utf16_prefix(content, 4096) == units


async def test_probes_came_after_the_last_release(store: Store) -> None:
    async def statuses(version: str) -> dict[str, int]:
        settings = Settings(platform=version)
        async with serve(store=store, settings=settings) as url, aiohttp.ClientSession() as session:
            found = {}
            for path in ("/health", "/livez", "/ready", "/readyz"):
                async with session.get(url + path) as answer:
                    found[path] = answer.status
            return found

    assert await statuses(NEWEST) == {"/health": 200, "/livez": 404, "/ready": 404, "/readyz": 404}
    assert set((await statuses("unreleased")).values()) == {200}


async def test_readiness_follows_the_broker(store: Store, publisher: FlakyPublisher) -> None:
    seed_demo(store)
    publisher.refusals = 1_000_000
    settings = Settings(platform="unreleased", publish_retry_first=0.001, drain_timeout=0.0)
    async with (
        serve(store=store, publisher=publisher, settings=settings) as url,
        aiohttp.ClientSession(headers={"X-API-Key": API_KEY}) as session,
    ):
        await session.put(url + "/api/users/alice", json={})
        await publisher.tried(1)
        async with session.get(url + "/ready") as answer:
            report = await answer.json()
            assert answer.status == 503
        async with session.get(url + "/livez") as answer:
            alive = await answer.json()
    assert report == {
        "status": "degraded",
        "services": {"mongodb": "connected", "rabbitmq": "disconnected"},
    }
    assert alive == {"status": "ok", "version": "unreleased"}
