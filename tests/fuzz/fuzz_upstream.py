"""A tenant-api that keeps nothing and agrees to everything: answers made from its routes."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import reduce
from typing import Any, Final

import msgspec
from aiohttp import web
from fuzz_texts import INDEX, NEWCOMERS, USERS
from msgspec import inspect

from chat3_user.tenant_api import routes
from chat3_user.tenant_api.models import Time
from chat3_user.tenant_api.route import Route

_CREATED: Final = 201
_ID: Final = re.compile(r"(dlg|msg|topic|pck)_([a-z0-9]{20})")
_NO_ID: Final = re.compile("/none(/|$)")
_NOBODY: Final = {"error": "Not Found", "message": "User not found"}
_INVALID: Final = {"error": "Bad Request", "message": "Invalid dialogId"}

_BY_NAME: Final[dict[str, Any]] = {
    "messageId": "msg_" + "a" * 20,
    "dialogId": "dlg_" + "a" * 20,
    "topicId": "topic_" + "a" * 20,
    "packId": "pck_" + "a" * 20,
    "userId": "alice",
    "senderId": "alice",
    "type": "internal.text",
    "status": "read",
    "mode": "unique",
    "indexId": INDEX,
    "limit": 100,
}
"""What the members of an answer say that have a meaning."""
_ALWAYS: Final = frozenset(("indexId",))
"""Members that an answer may lack, and that all answers of this platform have."""


def _pattern(route: Route[Any]) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", route.template)
    return re.compile("[^/]+".join(map(re.escape, parts)))


ROUTES: Final[dict[str, Route[Any]]] = {
    name: row for name, row in vars(routes).items() if isinstance(row, Route)
}
_TABLE: Final = [(row.method, _pattern(row), row) for row in ROUTES.values()]


def answer(method: str, target: str) -> tuple[int, Any]:
    """Say yes, in tenant-api's words, about what the target of the request names."""
    path = target.partition("?")[0]
    if _NO_ID.search(path):  # asked whether a key may: it may, but this is no id
        return 400, _INVALID
    found = [row for verb, at, row in _TABLE if verb == method and at.fullmatch(path)]
    assert found, f"no route is {method} {path}"
    # A word of the path is no id where a row has it. Several rows may be of one route, each
    # interested in a part of its answer.
    fewest = min(len(row.segments) for row in found)
    document = reduce(_joined, [sound(row.model) for row in found if len(row.segments) == fewest])
    if "pagination" in document:
        document["pagination"]["total"] = len(document["data"])
    named = dict(_ID.findall(target))
    if "msg" in named:
        named.setdefault("dlg", named["msg"])
    said = json.dumps(document)
    for prefix, name in named.items():
        said = said.replace(f"{prefix}_{'a' * 20}", f"{prefix}_{name}")
    return 200 if method == "GET" else _CREATED, json.loads(said)


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, list):
        return [_joined(*pair) for pair in zip(one, other, strict=True)]
    if not isinstance(one, dict):
        return one
    both = {key: _joined(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **both}


def sound(model: Any) -> Any:
    """Return what an answer of the model's type has at least, and its times."""
    return _sound("", inspect.type_info(model))


def _sound(name: str, kind: inspect.Type) -> Any:
    if name in _BY_NAME:
        return _BY_NAME[name]
    match kind:
        case inspect.StructType():
            return {
                field.encode_name: _sound(field.encode_name, field.type)
                for field in kind.fields
                if field.required or _is_time(field.type) or field.encode_name in _ALWAYS
            }
        case inspect.ListType():
            return _rows(_sound("", kind.item_type))
        case inspect.UnionType():
            return _TIME if _is_time(kind) else _sound(name, kind.types[0])
        case inspect.DictType() | inspect.AnyType():
            return {}
    return _PLAIN[type(kind)]


def _rows(row: Any) -> list[Any]:
    """Return the rows of a list: one of each user, where they are of users."""
    if isinstance(row, dict) and "userId" in row:
        return [{**row, "userId": user} for user in USERS]
    return [row]


_TIME: Final = "1795424735959.186035"
_TIME_TYPES: Final = frozenset(map(type, inspect.type_info(Time).types))  # type: ignore[attr-defined]
_PLAIN: Final[dict[type, Any]] = {
    inspect.StrType: "x",
    inspect.IntType: 1,
    inspect.FloatType: 1.5,
    inspect.BoolType: False,
    inspect.NoneType: None,
}


def _is_time(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.UnionType) and {*map(type, kind.types)} >= _TIME_TYPES


@asynccontextmanager
async def agreeable_upstream() -> AsyncIterator[str]:
    """Serve it; return its address."""

    created: set[str] = set()

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        status, document = answer(request.method, str(request.rel_url))
        if request.path == "/api/users" and request.method == "POST":
            created.add(json.loads(body)["userId"])
        name = request.path.removeprefix("/api/users/")
        if request.method == "GET" and name in NEWCOMERS:
            if name not in created:
                status, document = 404, _NOBODY
            # Who was read once is nobody again, and can be created anew.
            created.discard(name)
        return web.Response(
            body=msgspec.json.encode(document), status=status, content_type="application/json"
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
