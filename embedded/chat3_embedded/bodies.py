"""Reads request bodies as Express does: JSON or a form, anything else counts as empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from chat3_embedded.errors import HtmlError
from chat3_embedded.jsonvalues import decode

if TYPE_CHECKING:
    from collections.abc import Mapping


async def read_body(request: web.Request, limit: int) -> Any:
    """Return the parsed body; raise the HTML 413 for a large and 400 for a malformed one.

    Only objects and arrays are JSON here: `null` or a bare text is malformed.
    """
    try:
        data = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise HtmlError(413, "Payload Too Large") from None
    if not data:
        return {}
    if request.content_type == "application/json":
        _check_size(data, limit)
        return _parse_json(data)
    if request.content_type == "application/x-www-form-urlencoded":
        _check_size(data, limit)
        return _parse_form(data)
    return {}


def _check_size(data: bytes, limit: int) -> None:
    if len(data) > limit:
        raise HtmlError(413, "Payload Too Large")


def _parse_json(data: bytes) -> Any:
    try:
        value = decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise HtmlError(400, "Bad Request") from None
    if not isinstance(value, dict | list):
        raise HtmlError(400, "Bad Request")
    return value


def _parse_form(data: bytes) -> Mapping[str, str]:
    text = data.decode("utf-8", errors="replace")
    return dict(parse_qsl(text, keep_blank_values=True))
