"""One scrape asks all workers of the machine, whichever is asked, in the format that it accepts."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

from chat3_user.metrics import Metrics
from chat3_user.ops import OpsSettings, create_ops_app, serving_ops
from chat3_user.scrapes import open_scrapes
from support.ports import free_port
from support.scrape import Scraped, scraped

OPEN = "application/openmetrics-text;version=1.0.0"
REFUSED = "chat3_refused_total"


@asynccontextmanager
async def workers(
    *ports: int, host: str = "127.0.0.1", dead: tuple[int, ...] = ()
) -> AsyncIterator[None]:
    """Workers, each with one refusal more than the one before, and some that are dead."""
    async with AsyncExitStack() as stack:
        for number, port in enumerate(ports):
            metrics = Metrics()
            for _ in range(number + 1):
                metrics.transport.refused("flood")
            scrapes = await stack.enter_async_context(
                open_scrapes(metrics.instruments.registry, host, (*ports, *dead), number)
            )
            app = create_ops_app(scrapes.routes())
            await stack.enter_async_context(serving_ops(OpsSettings(host, port), app))
        yield


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_every_worker_answers_for_all(ports: tuple[int, int], host: str) -> None:
    async with workers(*ports, host=host):
        for port in ports:
            told = await scraped(port)
            assert [told.value(REFUSED, worker=number) for number in "01"] == [1, 2]
            assert told.value("chat3_worker_up") == 2


@pytest.mark.parametrize("path", ["/metrics", "/metrics/worker"])
async def test_openmetrics_ends_once(ports: tuple[int, int], path: str) -> None:
    async with workers(*ports), aiohttp.ClientSession(headers={"Accept": OPEN}) as session:
        for port in ports:
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                assert answer.content_type == "application/openmetrics-text"
                text = await answer.text()
            assert text.count("# EOF") == 1
            families = list(openmetrics.text_string_to_metric_families(text))
            assert len(families) == len({family.name for family in families})


async def test_a_worker_alone_says_nothing_of_others(ports: tuple[int, int]) -> None:
    async with workers(*ports):
        told = await scraped(ports[1], "/metrics/worker")
        assert told.value(REFUSED) == 2
        assert told.by("chat3_worker_up") == {}


async def test_a_worker_that_is_not_there_is_told(ports: tuple[int, int]) -> None:
    async with workers(*ports, dead=(free_port(),)):
        told = await scraped(ports[0])
        up = [told.value("chat3_worker_up", worker=number) for number in "012"]
        assert up == [1, 1, 0]
        assert told.value(REFUSED) == 3


async def test_who_accepts_nothing_special_gets_the_plain_format(ports: tuple[int, int]) -> None:
    async with workers(*ports), aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{ports[0]}/metrics") as answer:
            assert answer.content_type == "text/plain"
            text = await answer.text()
        assert "# EOF" not in text
        assert Scraped.of(text).value(REFUSED) == 3
        assert list(parser.text_string_to_metric_families(text))
