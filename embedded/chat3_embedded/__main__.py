"""Runs the embedded tenant-api as a server of its own: the command `chat3-embedded`.

Ctrl-C ends it in good order. SIGTERM ends it at once, whatever it is doing, as tenant-api, which
has no handler for it: with a database in a file the next process goes on from what was stored.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chat3_embedded.demo import API_KEY
from chat3_embedded.generations import VERSIONS
from chat3_embedded.publishing import AmqpPublisher, NullPublisher
from chat3_embedded.routing import KeyForm
from chat3_embedded.server import serve
from chat3_embedded.settings import DEFAULT_PLATFORM, Settings
from chat3_embedded.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat3_embedded.steps import Step

PERMISSIONS = frozenset({"read", "write", "delete"})

log = logging.getLogger("chat3_embedded")


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="chat3-embedded", description="An embedded tenant-api on SQLite."
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {version('chat3-embedded')}"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=3000, help="port to listen on; 0: a free one")
    parser.add_argument("--rabbitmq-url", help="where updates go; without it nowhere")
    parser.add_argument("--database", default=":memory:", help="SQLite file; default: memory")
    parser.add_argument(
        "--step-pause", type=float, default=0.0, help="seconds between the steps of a write"
    )
    parser.add_argument(
        "--die-after", metavar="STEP", help="die after a write's step of this name or number"
    )
    parser.add_argument(
        "--relay-delay", type=float, default=0.0, help="seconds until an update is published"
    )
    parser.add_argument(
        "--counter-delay",
        type=float,
        default=Settings().counter_delay,
        help="seconds until an event is counted; default: %(default)s, really 0.5 to 4",
    )
    parser.add_argument(
        "--keep-updates", action="store_true", help="leave published updates in the database"
    )
    parser.add_argument(
        "--trace-headers",
        action="store_true",
        help="give updates the trace context of the request, which the real one does not",
    )
    parser.add_argument(
        "--platform",
        choices=VERSIONS,
        default=DEFAULT_PLATFORM,
        help="version of the platform to play; default: %(default)s",
    )
    parser.add_argument(
        "--routing-keys",
        type=KeyForm,
        choices=list(KeyForm),
        help="form of the updates' routing keys, where not the version's own",
    )
    parser.add_argument(
        "--tenant", action="append", default=[], metavar="ID", help="a tenant; may be repeated"
    )
    parser.add_argument(
        "--api-key",
        action="append",
        default=[],
        type=api_key,
        metavar="NAME=KEY:PERMISSIONS",
        help="an API key and what it may do, of read,write,delete, or inactive or expired;"
        " may be repeated",
    )
    parser.add_argument("--demo", action="store_true", help="write the demo data at the start")
    return parser.parse_args(arguments)


@dataclass(frozen=True, slots=True)
class ApiKeyOption:
    """An API key of the command line."""

    name: str
    key: str
    permissions: frozenset[str]
    active: bool
    expired: bool

    def add_to(self, store: Store) -> None:
        """Add it to a store, or replace it there."""
        expires_at = 1.0 if self.expired else None
        store.add_key(
            self.key, self.permissions, active=self.active, expires_at=expires_at, name=self.name
        )


def api_key(text: str) -> ApiKeyOption:
    """Read `NAME=KEY:PERMISSIONS`; a key that is inactive or expired has all permissions."""
    name, _, rest = text.partition("=")
    key, colon, words = rest.rpartition(":")
    said = frozenset(filter(None, words.split(",")))
    states, permissions = said & {"inactive", "expired"}, said - {"inactive", "expired"}
    if not name or not key or not colon or permissions - PERMISSIONS:
        raise argparse.ArgumentTypeError(f"not NAME=KEY:PERMISSIONS: {text!r}")
    return ApiKeyOption(
        name,
        key,
        PERMISSIONS if states else permissions,
        active="inactive" not in states,
        expired="expired" in states,
    )


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings that the command line gives."""
    settings = Settings(
        step_pause=options.step_pause,
        after_step=death_after(options.die_after) if options.die_after else None,
        relay_delay=options.relay_delay,
        counter_delay=options.counter_delay,
        keep_updates=options.keep_updates,
        trace_headers=options.trace_headers,
        platform=options.platform,
        routing_keys=options.routing_keys,
    )
    if options.rabbitmq_url:
        return replace(settings, rabbitmq_url_masked=masked(options.rabbitmq_url))
    return settings


def death_after(wanted: str) -> Callable[[Step], None]:
    """Return what ends the process without a word after the step of a name or number."""

    def die(step: Step) -> None:
        if wanted in {step.name, str(step.number)}:
            os.kill(os.getpid(), signal.SIGKILL)

    return die


def masked(url: str) -> str:
    """Return an AMQP URL without its credentials."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"***:***@{parts.netloc.rpartition('@')[2]}").geturl()


async def run(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    settings, publisher = settings_of(options), None
    if options.rabbitmq_url:
        publisher = AmqpPublisher(options.rabbitmq_url, exchange=settings.updates_exchange)
    try:
        with Store(options.database) as store:
            for tenant in options.tenant:
                store.add_tenant(tenant)
            for key in options.api_key:
                key.add_to(store)
            async with serve(
                options.host,
                options.port,
                store=store,
                publisher=publisher or NullPublisher(),
                settings=settings,
                demo=options.demo,
            ) as url:
                log.info("embedded tenant-api on %s", url)
                if options.demo:
                    hint = "try: curl -H 'X-API-Key: %s' %s/api/users/alice/dialogs"
                    log.info(hint, API_KEY, url)
                await stop.wait()
    finally:
        if publisher is not None:
            await publisher.close()


async def _until_interrupted(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    await run(options, stop)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until Ctrl-C."""
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    asyncio.run(_until_interrupted(options))


if __name__ == "__main__":
    main()
