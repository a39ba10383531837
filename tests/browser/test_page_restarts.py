"""The service is killed and comes back: nothing is missing, nothing is there twice."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from browser_vocabulary import AWAY, Windows, watched_windows
from playwright.async_api import Browser, expect

from support.demo_process import (
    KEY,
    TENANT,
    Demo,
    Process,
    call,
    running,
    write_at_platform,
)
from support.ports import free_port
from support.rabbitmq import RabbitMQ

pytestmark = pytest.mark.asyncio(loop_scope="package")

DIALOG: Final = "dlg_demoalicebob00000000"


async def test_a_demo_that_is_killed_and_started_again_loses_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    """Its broker dies with it, so the page is told of a gap and reads again."""
    demo = Demo(tmp_path)
    with running(demo):
        async with watched_windows(browser, demo.url) as windows:
            windows.expected = AWAY
            alice = await windows.new("Alice", "Alice and Bob")
            bob = await windows.new("Bob", "Alice and Bob")
            await alice.send("First of all")
            await expect(bob.message("First of all")).to_be_visible()

            await asyncio.to_thread(demo.kill)
            await expect(alice.connection).to_have_text("Reconnecting…")
            await expect(bob.connection).to_have_text("Reconnecting…")
            await alice.send("Meanwhile, one")
            await alice.send("Meanwhile, two")
            await expect(alice.message("Meanwhile")).to_contain_text(["Sending…", "Sending…"])
            # What is written by another process, no update tells: it can only be read.
            other = Demo(tmp_path)
            with running(other):
                await asyncio.to_thread(
                    partial(
                        call, other.service, "bob", "SendMessage", dialogId=DIALOG, content="Away"
                    )
                )
            await asyncio.to_thread(demo.start)

            gap = "Live, reloaded after a gap (the service began anew)"
            await expect(alice.connection).to_have_text(gap)
            await expect(bob.connection).to_have_text(gap)
            for window in (alice, bob):
                await expect(window.message("Meanwhile")).to_have_count(2)
                await expect(window.message("Away")).to_be_visible()
            await expect(alice.message("Sending…")).to_have_count(0)
            await bob.send("Last of all")
            await expect(alice.message("Last of all")).to_be_visible()
            last = ["First of all", "Away", "Meanwhile, one", "Meanwhile, two", "Last of all"]
            assert (await alice.texts())[-5:] == (await bob.texts())[-5:] == last


async def test_a_page_that_reloads_while_the_service_is_away_goes_on(
    browser: Browser, tmp_path: Path
) -> None:
    demo = Demo(tmp_path)
    with running(demo):
        async with watched_windows(browser, demo.url) as windows:
            windows.expected = AWAY
            alice = await windows.new("Alice", "Alice and Bob")
            await asyncio.to_thread(demo.kill)
            await alice.send("Not lost")
            await expect(alice.message("Not lost")).to_contain_text("Sending…")
            await asyncio.to_thread(demo.start)
            await alice.page.reload()
            await expect(alice.connection).to_contain_text("Live")
            await expect(alice.message("Not lost")).to_contain_text("Sent")
            assert (await alice.texts()).count("Not lost") == 1


class Parts:
    """Platform, service and page as processes of their own, and RabbitMQ between the first two."""

    def __init__(self, rabbitmq: RabbitMQ, folder: Path) -> None:
        self.platform_port, service, page = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{page}/"
        self.platform = Process(
            [
                *("chat3_embedded", "--demo", "--port", str(self.platform_port)),
                *("--rabbitmq-url", rabbitmq.url),
            ],
            folder / "platform.log",
            "embedded tenant-api on",
        )
        self.service = Process(
            ["chat3_user"],
            folder / "service.log",
            "INFO    serving",
            {
                "TENANT_API_URL": f"http://127.0.0.1:{self.platform_port}",
                "RABBITMQ_URL": rabbitmq.url,
                "RABBITMQ_UPDATES_LOG": "log_of_the_page",
                "GRPC_PORT": str(service),
                "OPS_PORT": "0",
                "WORKERS": "1",
                "CORS_ORIGINS": self.url.rstrip("/"),
                "TOKEN_KEYS": "test:" + "A" * 43 + "=",
                "IDEMPOTENCY_DATABASE": str(folder / "keys.db"),
            },
        )
        self.page = Process(
            [
                *("chat3_page", "--port", str(page), "--tenant", TENANT),
                *("--service", f"http://127.0.0.1:{service}", "alice", "bob"),
            ],
            folder / "page.log",
            "http://",
            {"CHAT3_API_KEY": KEY},
        )


@pytest.fixture
def parts(rabbitmq: RabbitMQ, tmp_path: Path) -> Iterator[Parts]:
    made = Parts(rabbitmq, tmp_path)
    with running(made.platform, made.service, made.page):
        yield made


@pytest_asyncio.fixture(loop_scope="package")
async def windows(browser: Browser, parts: Parts) -> AsyncIterator[Windows]:
    async with watched_windows(browser, parts.url) as opened:
        opened.expected = AWAY
        yield opened


async def test_what_was_written_while_the_service_was_away_is_resumed(
    parts: Parts, windows: Windows
) -> None:
    """The log of updates outlives the service, so there is no gap and nothing is read again."""
    alice = await windows.new("alice", "Alice and Bob")
    bob = await windows.new("bob", "Alice and Bob")
    await alice.send("First of all")
    await expect(bob.message("First of all")).to_be_visible()

    await asyncio.to_thread(parts.service.kill)
    await expect(alice.connection).to_have_text("Reconnecting…")
    await asyncio.to_thread(
        write_at_platform, parts.platform_port, DIALOG, "bob", "Written past the service"
    )
    await alice.send("Sent into the void")
    await asyncio.to_thread(parts.service.start)

    for window in (alice, bob):
        await expect(window.connection).to_have_text("Live, resumed: nothing missed")
        await expect(window.message("Written past the service")).to_be_visible()
        await expect(window.message("Sent into the void")).to_be_visible()
        texts = await window.texts()
        assert texts[-3:] == ["First of all", "Written past the service", "Sent into the void"]


async def test_a_demo_with_tls_is_called_over_http2(
    browser: Browser, project: Path, tmp_path: Path
) -> None:
    make = [sys.executable, str(project / "tools/make_certs.py"), str(tmp_path)]
    await asyncio.to_thread(subprocess.run, make, check=True)
    cert, key = str(tmp_path / "server.pem"), str(tmp_path / "server.key")
    demo = Demo(tmp_path, GRPC_TLS_CERT=cert, GRPC_TLS_KEY=key)
    with running(demo):
        async with watched_windows(browser, demo.url) as windows:
            alice = await windows.new("Alice", "Alice and Bob", ignore_https_errors=True)
            bob = await windows.new("Bob", "Alice and Bob", ignore_https_errors=True)
            protocols = set()
            network = await alice.page.context.new_cdp_session(alice.page)
            network.on(
                "Network.responseReceived",
                lambda seen: protocols.add(seen["response"]["protocol"]),
            )
            await network.send("Network.enable")
            await alice.send("Over HTTP/2")
            await expect(bob.message("Over HTTP/2")).to_be_visible()
            await expect(alice.message("Over HTTP/2")).to_contain_text("Read")
            assert protocols == {"h2"}
