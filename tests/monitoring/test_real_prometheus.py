"""A real Prometheus scrapes a real service: every query of dashboard and alerts has an answer."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from monitoring_load import Load, streams

from support.gateway import TOKEN_KEYS, Upstream, run_upstream
from support.patience import HANGS
from support.ports import free_port
from support.prometheus import JOB, Prometheus
from support.promql import selectors
from support.rabbitmq import RabbitMQ

WORKERS = 2

QUIET = {
    "chat3_problem": "nothing is missing",
    "chat3_watched_users_dropped_total": "every client reads",
    "chat3_certificate_expiry_timestamp_seconds": "the listener is plain",
}
"""The metrics without a series while all is well, each with the reason."""

QUIET_PANELS = {"Failures of stores": "no store fails"}
"""Panels that ask for failures alone, of a metric that there is."""

ABOUT_SPEED = {
    "Chat3CallsSlow",
    "Chat3EventLoopLate",
    "Chat3PlatformSlow",
    "Chat3UpdatesLate",
}
"""Alerts that a busy machine makes pending, for they look back for minutes."""


@asynccontextmanager
async def serving(
    upstream: Upstream, rabbitmq: RabbitMQ, folder: Path
) -> AsyncIterator[tuple[int, int]]:
    """Run the service with two workers; yield its port and the operators'."""
    grpc, ops = free_port(), free_port(WORKERS)
    environment = {
        **os.environ,
        "TENANT_API_URL": upstream.url,
        "RABBITMQ_URL": rabbitmq.url,
        "RABBITMQ_UPDATES_LOG": f"log_{secrets.token_hex(4)}",
        "GRPC_PORT": str(grpc),
        "OPS_PORT": str(ops),
        "WORKERS": str(WORKERS),
        "TOKEN_KEYS": TOKEN_KEYS,
        "IDEMPOTENCY_DATABASE": str(folder / "keys.sqlite"),
        "RATE_LIMIT_USER_READ": "60000/minute",
        "STREAM_GRACE": "0.1",
    }
    with (folder / "service").open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "chat3_user"], env=environment, stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(2 * HANGS), aiohttp.ClientSession() as session:
            for port in range(ops, ops + WORKERS):
                while not await _ready(session, port):
                    assert process.poll() is None, (folder / "service").read_text()
                    await asyncio.sleep(0.05)
        yield grpc, ops
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, 2 * HANGS)


async def _ready(session: aiohttp.ClientSession, port: int) -> bool:
    with suppress(aiohttp.ClientError):
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    return False


def dashboard_queries(project: Path) -> Iterator[tuple[str, str]]:
    """Yield every query with its panel's title, as Grafana would send it."""
    found = json.loads((project / "deploy" / "monitoring" / "dashboard.json").read_text())
    chosen = {"$job": JOB, "$instance": ".*", "$__rate_interval": "20s"}
    for panel in found["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"]
            for variable, value in chosen.items():
                expression = expression.replace(variable, value)
            yield panel["title"], expression


def may_be_silent(title: str, expression: str) -> bool:
    return title in QUIET_PANELS or any(name in QUIET for name, _ in selectors(expression))


@asynccontextmanager
async def scraping(folder: Path, rules: Path, ops: int) -> AsyncIterator[Prometheus]:
    """Run a Prometheus that scrapes the first worker, which answers for all."""
    prometheus = Prometheus(folder, rules, [f"127.0.0.1:{ops}"])
    prometheus.start()
    try:
        yield prometheus
    finally:
        prometheus.stop()


@asynccontextmanager
async def both_ready(prometheus: Prometheus) -> AsyncIterator[None]:
    """Wait for both workers before the block.

    Each that finds a broker without a log notes a gap in the new one: streams begin after these.
    """
    await prometheus.until("sum(chat3_ready) == 2")
    yield


@asynccontextmanager
async def under_load(load: Load) -> AsyncIterator[None]:
    """Load the service within the block; a call that should succeed and fails ends the test."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(load.repeat())
        yield
        task.cancel()


async def without_answer(
    prometheus: Prometheus, queries: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    return [
        (title, expression)
        for title, expression in queries
        if not await prometheus.query(expression)
    ]


async def comes_to_nothing(what: Callable[[], Awaitable[Sequence[object]]]) -> None:
    """Look until there is nothing left; a scrape that failed on a busy machine is made up for."""
    left: Sequence[object] = ()
    try:
        async with asyncio.timeout(2 * HANGS):
            while left := await what():
                await asyncio.sleep(0.2)
    except TimeoutError:
        pytest.fail(f"what stays: {left}")


async def answered(prometheus: Prometheus, queries: Iterable[tuple[str, str]]) -> None:
    """Wait until every query has had an answer."""
    left = list(queries)

    async def unanswered() -> Sequence[object]:
        nonlocal left
        left = await without_answer(prometheus, left)
        return left

    await comes_to_nothing(unanswered)


async def rules_amiss(prometheus: Prometheus) -> Sequence[object]:
    """Name the rules that fail or alert, and what they ask for and there is not."""
    found = []
    for rule in await prometheus.rules():
        name = rule["name"]
        if rule["health"] != "ok":
            found.append((name, rule["health"], rule.get("lastError")))
        if rule.get("state", "inactive") != "inactive" and name not in ABOUT_SPEED:
            found.append((name, rule["state"], rule["alerts"]))
        for metric, labels in selectors(rule["query"]):
            if metric in QUIET or metric.startswith("job:"):
                continue
            series = await prometheus.query(metric)
            # Prometheus drops a label without a value: here, of operations that went well.
            there = {label for each in series for label in each["metric"]} | {"error_type"}
            if not series or not labels <= there:
                found.append((name, metric, labels, there))
    return found


async def test_every_query_of_dashboard_and_alerts_has_an_answer(
    project: Path, tmp_path: Path, rabbitmq: RabbitMQ, upstream: Upstream
) -> None:
    alerts = project / "deploy" / "monitoring" / "alerts.yaml"
    dialog = upstream.dialog("alice", "bob")
    panels = list(dashboard_queries(project))
    async with (
        serving(upstream, rabbitmq, tmp_path) as (grpc, ops),
        scraping(tmp_path, alerts, ops) as prometheus,
        both_ready(prometheus),
        streams(grpc),
        aiohttp.ClientSession() as session,
        under_load(Load(grpc, dialog, session)),
    ):
        await answered(prometheus, (each for each in panels if not may_be_silent(*each)))
        # What may be silent is right all the same: Prometheus can answer it.
        await without_answer(prometheus, panels)
        assert {rule["name"] for rule in await prometheus.rules()} >= ABOUT_SPEED
        await comes_to_nothing(lambda: rules_amiss(prometheus))


async def test_alerts_see_what_breaks(project: Path, tmp_path: Path) -> None:
    """They are pending: a unit test of promtool waits for what they wait for."""
    alerts = project / "deploy" / "monitoring" / "alerts.yaml"
    broker = RabbitMQ(tmp_path / "rabbitmq")
    await asyncio.to_thread(broker.start)
    try:
        async with (
            run_upstream(broker.url) as upstream,
            serving(upstream, broker, tmp_path) as (_, ops),
            scraping(tmp_path, alerts, ops) as prometheus,
        ):
            await prometheus.until("sum(chat3_broker_live) == 2")
            await asyncio.to_thread(broker.stop)
            await prometheus.alert("Chat3BrokerDown", job=JOB)
            await prometheus.alert("Chat3Degraded", job=JOB)
    finally:
        await asyncio.to_thread(broker.stop)
