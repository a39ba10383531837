"""Health: GET /health, and the probes that the unreleased platform adds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chat3_embedded import express
from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from chat3_embedded.generations import Generation
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.outbox import Outbox
    from chat3_embedded.settings import Settings

    Handler = Callable[[web.Request], Awaitable[web.Response]]


def health_paths(generation: Generation) -> tuple[str, ...]:
    """Return the paths of health and probes that a version of the platform has."""
    probes = ("/livez", "/ready", "/readyz") if generation.can(Capability.HEALTH_PROBES) else ()
    return ("/health", *probes)


def health_handlers(
    settings: Settings, generation: Generation, outbox: Outbox
) -> dict[str, Handler]:
    """Return the handlers by path; none of them needs a key."""

    async def health(request: web.Request) -> web.Response:
        origin = str(request.url.origin())
        report = health_json(settings, origin, connected=outbox.healthy)
        return express.json_response(request, 200 if outbox.healthy else 503, report)

    async def live(request: web.Request) -> web.Response:
        return express.json_response(request, 200, {"status": "ok", "version": generation.version})

    async def ready(request: web.Request) -> web.Response:
        return express.json_response(
            request, 200 if outbox.healthy else 503, readiness_json(connected=outbox.healthy)
        )

    if generation.can(Capability.HEALTH_PROBES):
        health = live
    handlers = {"/health": health, "/livez": live, "/ready": ready, "/readyz": ready}
    return {path: handlers[path] for path in health_paths(generation)}


def readiness_json(*, connected: bool) -> JsonObject:
    """Return the readiness report; `connected`: whether updates can be published."""
    state = "connected" if connected else "disconnected"
    services = {"mongodb": "connected", "rabbitmq": state}
    return {"status": "ok" if connected else "degraded", "services": services}


def health_json(settings: Settings, origin: str, *, connected: bool) -> JsonObject:
    """Return the health report; `connected`: whether updates can be published."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    state = "connected" if connected else "disconnected"
    return {
        "status": "ok" if connected else "degraded",
        "message": "Chat3 Tenant API is running",
        "timestamp": now,
        "environment": "embedded",
        "version": "1.0.0",
        "services": {"mongodb": "connected", "rabbitmq": state},
        "rabbitmq": {
            "url": settings.rabbitmq_url_masked,
            "exchange": "chat3_events",
            "exchangeType": "topic",
            "updatesExchange": settings.updates_exchange,
            "connected": connected,
            "user": "guest",
        },
        "endpoints": {
            name: f"{origin}/api/{name}" for name in ("tenants", "users", "dialogs", "meta")
        },
    }
