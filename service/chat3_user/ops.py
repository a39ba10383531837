"""The operators' HTTP server: liveness, readiness, metrics, the contract's documentation."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from chat3_user.metrics import Metrics

Problems = Callable[[], dict[str, str]]
"""Names what is missing, with the reason; empty when the process is ready."""


def create_ops_app(metrics: Metrics, problems: Problems, refresh: Callable[[], None]) -> web.Application:
    """Return the application; ``refresh`` brings gauges up to date before they are read."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

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
    app.add_routes(
        [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", exposed)]
    )
    return app
