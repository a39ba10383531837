"""Health over HTTP: liveness, and readiness of a worker and of its machine."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web

from chat3_user.health.board import Seat
from chat3_user.health.machine import ComponentState, Health, Status

JsonObject = Mapping[str, object]


def health_routes(health: Health, seat: Seat) -> Sequence[web.RouteDef]:
    """Return the routes of health; none of them asks anybody, so they answer at once."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "pid": os.getpid()})

    async def readyz(_: web.Request) -> web.Response:
        return _answer(
            health.status,
            {
                "worker": seat.index,
                "components": {name: _json(state) for name, state in health.components.items()},
            },
        )

    async def machine(_: web.Request) -> web.Response:
        return _answer(seat.board.status(), {"workers": seat.board.entries()})

    return (
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/readyz/machine", machine),
    )


def _answer(status: Status, more: JsonObject) -> web.Response:
    down = status is Status.NOT_READY
    return web.json_response(
        {"status": status, **more},
        status=HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK,
    )


def _json(state: ComponentState) -> JsonObject:
    since = datetime.fromtimestamp(state.since, UTC).isoformat(timespec="milliseconds")
    document = {"state": state.state, "since": since.replace("+00:00", "Z")}
    if state.reason:
        document |= {"reason": state.reason, "effect": state.status, "detail": state.detail}
    elif state.status is Status.NOT_READY:
        document |= {"reason": "starting", "effect": state.status}
    return document
