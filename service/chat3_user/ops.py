"""The operators' HTTP server: liveness, readiness, metrics, the contract's documentation."""

import os
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from chat3_user.metrics import Metrics


def documentation() -> Path | None:
    """Return the folder of the API documentation, where it is installed."""
    near = (
        Path(__file__).with_name("docs"),
        Path(__file__).resolve().parents[2] / "docs" / "generated",
    )
    return next((folder for folder in near if (folder / "index.html").exists()), None)


async def _to_docs(_: web.Request) -> web.Response:
    raise web.HTTPFound("/docs/index.html")


Problems = Callable[[], dict[str, str]]
"""Names what is missing, with the reason; empty when the process is ready."""


def create_ops_app(
    metrics: Metrics, problems: Problems, refresh: Callable[[], None]
) -> web.Application:
    """Return the application; ``refresh`` brings gauges up to date before they are read."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "pid": os.getpid()})

    async def readyz(_: web.Request) -> web.Response:
        found = problems()
        return web.json_response(
            {"status": "ok" if not found else "degraded", "problems": found},
            status=503 if "not_ready" in found else 200,
        )

    async def exposed(_: web.Request) -> web.Response:
        refresh()
        return web.Response(
            body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app = web.Application()
    docs = documentation()
    if docs is not None:
        app.router.add_get("/docs", _to_docs)
        app.router.add_static("/docs/", docs, show_index=False)
    app.add_routes(
        [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", exposed)]
    )
    return app
