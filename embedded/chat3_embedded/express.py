"""What Express does around the routes: HTML pages for errors, ETags, CORS, HEAD."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

from chat3_embedded.jsonvalues import encode

if TYPE_CHECKING:
    from chat3_embedded.errors import HtmlError

_COMMON = {"X-Powered-By": "Express", "Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    **_COMMON,
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, X-API-Key, X-Tenant-Id, X-Idempotency-Key",
}


def json_response(request: web.Request, status: int, body: Any) -> web.Response:
    """Answer with JSON and a weak ETag; a fresh copy at the client's gets 304 and no body."""
    data = encode(body)
    tag = etag(data)
    headers = {**_COMMON, "ETag": tag}
    fresh = request.method in {"GET", "HEAD"} and tag in request.headers.get("If-None-Match", "")
    if fresh and 200 <= status < 300:  # noqa: PLR2004 - the statuses of success
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = "application/json; charset=utf-8"
    return web.Response(status=status, headers=headers, body=data)


def etag(data: bytes) -> str:
    """Return the weak ETag of a body: its length and its SHA-1."""
    digest = hashlib.sha1(data, usedforsecurity=False).digest()
    return f'W/"{len(data):x}-{base64.b64encode(digest).decode()[:27]}"'


def empty_response(status: int) -> web.Response:
    """Answer without a body."""
    return web.Response(status=status, headers=_COMMON)


def preflight_response() -> web.Response:
    """Answer a CORS preflight, whatever the path."""
    return web.Response(status=204, headers=_PREFLIGHT)


def html_response(error: HtmlError) -> web.Response:
    """Answer with Express's error page."""
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Error</title>\n</head>\n<body>\n<pre>{error.text}</pre>\n</body>\n</html>\n"
    )
    headers = {**_COMMON, "Content-Type": "text/html; charset=utf-8"}
    return web.Response(status=error.status, headers=headers, body=page.encode())


def no_such_route(request: web.Request) -> str:
    """Return the text of the page for an unknown route or method."""
    path = quote(request.rel_url.raw_path, safe="/%:@!$()*+,;=-._~")
    return f"Cannot {request.method} {path}"
