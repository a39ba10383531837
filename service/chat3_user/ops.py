"""The operators' HTTP server: health, metrics, the contract's documentation."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from aiohttp import web
from msgspec import Meta


@dataclass(frozen=True, slots=True)
class OpsSettings:
    """Where the operators' HTTP server listens."""

    host: Annotated[str, Meta(description="address of /healthz, /readyz, /metrics and /docs")] = (
        "127.0.0.1"
    )
    port: Annotated[
        int,
        Meta(
            ge=0, le=65535, description="port of the operators' HTTP server; 0 chooses a free one"
        ),
    ] = 9090
    ports: tuple[int, ...] = ()
    """The ports of all workers, in order; none where there is one worker, or no port is fixed."""

    @property
    def worker(self) -> int:
        """The number of this worker."""
        return self.ports.index(self.port) if self.ports else 0


def documentation() -> Path | None:
    """Return the folder of the API documentation, where it is installed."""
    near = (
        Path(__file__).with_name("docs"),
        Path(__file__).resolve().parents[2] / "docs" / "generated",
    )
    return next((folder for folder in near if (folder / "index.html").exists()), None)


async def _to_docs(_: web.Request) -> web.Response:
    raise web.HTTPFound("/docs/index.html")


def create_ops_app(*routes: Iterable[web.RouteDef]) -> web.Application:
    """Return the application: the documentation, and ``routes`` that other parts serve."""
    app = web.Application()
    docs = documentation()
    if docs is not None:
        app.router.add_get("/docs", _to_docs)
        app.router.add_static("/docs/", docs, show_index=False)
    for served in routes:
        app.add_routes(served)
    return app


@asynccontextmanager
async def serving_ops(settings: OpsSettings, app: web.Application) -> AsyncIterator[int]:
    """Serve ``app`` within the block, which gets the port."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        port: int = runner.addresses[0][1]
        yield port
    finally:
        await runner.cleanup()
