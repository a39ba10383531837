"""The health of a stand-in for tenant-api, which the service asks for beside its calls."""

from aiohttp import web


def answers_health(app: web.Application) -> None:
    """Have ``app`` say that it is well; add it before the routes that count what they are asked."""
    app.router.add_get("/ready", _well)


async def _well(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})
