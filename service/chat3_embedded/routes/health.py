"""GET /health."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.settings import Settings


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
