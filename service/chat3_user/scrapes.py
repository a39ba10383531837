"""Answers Prometheus: one scrape of any worker gives the metrics of all workers of the machine."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry
from yarl import URL

from chat3_user.metrics.exposition import Format

log = logging.getLogger(__name__)

_PATIENCE: Final = aiohttp.ClientTimeout(2.0)
"""Seconds for another worker to answer; Prometheus waits for ten."""

_ANYWHERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - as set


class Scrapes:
    """Gathers what the workers say of themselves; ``workers`` are their addresses, in order.

    ``worker`` is the place of this one, which is not asked by HTTP.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        session: aiohttp.ClientSession,
        workers: Sequence[URL],
        worker: int,
    ) -> None:
        self._registry = registry
        self._session = session
        self._workers = workers
        self._worker = worker

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what the operators' HTTP server serves."""
        return [web.get("/metrics", self._of_all), web.get("/metrics/worker", self._of_one)]

    async def _of_all(self, request: web.Request) -> web.Response:
        form = Format(request.headers.get("Accept", ""))
        texts = await asyncio.gather(
            *(self._text(form, worker, url) for worker, url in enumerate(self._workers))
        )
        return _response(form, form.joined(texts))

    async def _of_one(self, request: web.Request) -> web.Response:
        form = Format(request.headers.get("Accept", ""))
        return _response(form, await form.text(self._registry, self._worker) + form.end)

    async def _text(self, form: Format, worker: int, url: URL) -> bytes | None:
        if worker == self._worker:
            return await form.text(self._registry, worker)
        headers = {"Accept": form.accept}
        try:
            async with self._session.get(url, headers=headers, raise_for_status=True) as answer:
                return (await answer.read()).removesuffix(form.end)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.debug("a worker has no metrics", extra={"worker": worker, "problem": error})
            return None


@asynccontextmanager
async def open_scrapes(
    registry: CollectorRegistry, host: str, ports: Sequence[int], worker: int
) -> AsyncIterator[Scrapes]:
    """Gather from the workers whose operators' HTTP servers are at ``ports`` of this machine."""
    asked = _ANYWHERE.get(host, host)
    workers = [
        URL.build(scheme="http", host=asked, port=port, path="/metrics/worker") for port in ports
    ]
    async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
        yield Scrapes(registry, session, workers, worker)


def _response(form: Format, text: bytes) -> web.Response:
    return web.Response(body=text, headers={"Content-Type": form.content_type})
