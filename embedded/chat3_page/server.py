"""The back end of the page, as an application would have one: it alone holds the API key.

It serves the page's files, says who can sign in, and makes user tokens. Everything else the browser
asks the service itself.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from aiohttp import web

from chat3_page.policy import headers

_FILES: Final = Path(__file__).with_name("static")
# Not what the machine's tables say: with nosniff, a browser runs nothing of another type.
_TYPES: Final = {
    "icon.svg": "image/svg+xml",
    "index.html": "text/html; charset=utf-8",
    "notices.txt": "text/plain; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
}
_HOST: Final = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")
_LARGEST_BODY: Final = 1024


class SignInError(Exception):
    """No token can be made now; the text says why."""


@dataclass(frozen=True, slots=True)
class UserToken:
    """What proves to the service who calls, until it expires."""

    token: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Who can sign in, by user id, and where the service is.

    ``service`` is a function of the host name that the browser has for this machine: it gives an
    origin, such as ``http://127.0.0.1:50051``. ``make_token`` calls the service with the API key,
    and raises `SignInError`.
    """

    users: Mapping[str, str]
    service: Callable[[str], str]
    make_token: Callable[[str], Awaitable[UserToken]]


def create_page_app(page: Page) -> web.Application:
    """Return the application."""

    def service_of(request: web.Request) -> str:
        named = _HOST.fullmatch(request.host)
        if named is None:
            raise web.HTTPBadRequest(text="the Host header names no host")
        return page.service(str(named[1]))

    async def file(request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name") or "index.html"
        policy = headers(service_of(request))
        return web.FileResponse(_FILES / name, headers={**policy, "Content-Type": _TYPES[name]})

    async def configuration(request: web.Request) -> web.Response:
        users = [{"userId": user_id, "name": name} for user_id, name in page.users.items()]
        return web.json_response({"users": users, "service": service_of(request)})

    async def sign_in(request: web.Request) -> web.Response:
        # JSON is what a page of another origin cannot send without asking first.
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        try:
            wanted = await request.json()
        except ValueError as error:
            raise web.HTTPBadRequest(text="not JSON") from error
        user_id = wanted.get("userId") if isinstance(wanted, dict) else None
        if not isinstance(user_id, str) or user_id not in page.users:
            raise web.HTTPForbidden(text="not a user of the demo")
        try:
            token = await page.make_token(user_id)
        except SignInError as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from error
        answer = {"token": token.token, "expires": token.expires.isoformat()}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    names = "|".join(map(re.escape, _TYPES))
    app = web.Application(client_max_size=_LARGEST_BODY)
    app.add_routes(
        [
            web.get("/", file),
            web.get(f"/{{name:{names}}}", file),
            web.get("/demo/configuration", configuration),
            web.post("/demo/sign-in", sign_in),
        ]
    )
    return app


@asynccontextmanager
async def serve_page(page: Page, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the page within the block, on a socket that listens."""
    runner = web.AppRunner(create_page_app(page), access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        # A server of asyncio loses what it has accepted and not handed over when it closes.
        asyncio.get_running_loop().remove_reader(listener.fileno())
        await asyncio.sleep(0)
        await runner.cleanup()
