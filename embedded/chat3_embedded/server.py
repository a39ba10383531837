"""The composition root: the aiohttp application, and a server that runs it."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from chat3_embedded import express
from chat3_embedded.auth import authenticate, require_permission, resolve_tenant
from chat3_embedded.bodies import read_body
from chat3_embedded.counting import CounterWorker
from chat3_embedded.demo import seed_demo
from chat3_embedded.errors import ApiError, HtmlError, bad_request, internal
from chat3_embedded.feed import UpdateFeed
from chat3_embedded.generations import Capability, Generation
from chat3_embedded.guard import DuplicateGuard
from chat3_embedded.listening import listening
from chat3_embedded.outbox import Outbox
from chat3_embedded.prototype import ObjectPrototype
from chat3_embedded.publishing import NullPublisher
from chat3_embedded.reading import DialogReadWorker
from chat3_embedded.routes.call import Answer, Call
from chat3_embedded.routes.health import health_handlers
from chat3_embedded.routes.table import routes_of
from chat3_embedded.routing import RoutingKeys
from chat3_embedded.sender import UpdateSender
from chat3_embedded.settings import Settings
from chat3_embedded.steps import CutError, played
from chat3_embedded.store import Store
from chat3_embedded.tracing import carry
from chat3_embedded.urlids import check_url_ids

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import Any

    from chat3_embedded.publishing import UpdatePublisher
    from chat3_embedded.routes.call import Route

log = logging.getLogger(__name__)

OUTBOX = web.AppKey("outbox", Outbox)
COUNTERS = web.AppKey("counters", CounterWorker)
_BODY = web.RequestKey("body", object)
# Far above the 100 kB that are accepted, so that the page for 413 is ours.
_READ_LIMIT = 16 * 1024 * 1024


def create_app(
    store: Store,
    publisher: UpdatePublisher,
    *,
    settings: Settings | None = None,
    prototype: ObjectPrototype | None = None,
    keys: RoutingKeys | None = None,
) -> web.Application:
    """Compose the application; it owns the outbox, the caller owns store and publisher.

    Who gives `keys` may change their form while updates are sent. The store answers from now on
    as the version of the platform that the settings name.
    """
    settings = settings or Settings()
    store.generation = Generation(settings.platform)
    keys = keys or RoutingKeys.of(store.generation, settings.routing_keys)
    prototype = prototype or ObjectPrototype()
    outbox = Outbox(publisher, settings, store.outgoing)
    sender = UpdateSender(store, outbox, keys)
    counters = CounterWorker(store, sender, settings)
    feed = UpdateFeed(store, sender, counters, counters_first=settings.counters_first)
    app = web.Application(middlewares=[_edge(settings)], client_max_size=_READ_LIMIT)
    app[OUTBOX], app[COUNTERS] = outbox, counters

    async def run_workers(_app: web.Application) -> AsyncIterator[None]:
        async with outbox, counters:
            yield

    app.cleanup_ctx.append(run_workers)

    async def run_read_worker(_app: web.Application) -> AsyncIterator[None]:
        async with DialogReadWorker(store, feed, settings):
            yield

    if store.generation.can(Capability.QUEUED_READING):
        app.cleanup_ctx.append(run_read_worker)

    for path, handler in health_handlers(settings, store.generation, outbox).items():
        _add(app, "GET", path, handler)
    for route in routes_of(store.generation):
        _add(app, route.method, route.path, _handler(route, store, feed, settings, prototype))
    return app


def _add(
    app: web.Application,
    method: str,
    path: str,
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> None:
    methods = (method, "HEAD") if method == "GET" else (method,)
    for one in methods:
        app.router.add_route(one, path, handler)
        app.router.add_route(one, path + "/", handler)


def _edge(settings: Settings) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return the middleware around all routes, known or not: bodies, guard, errors."""
    guard = DuplicateGuard(settings)

    @web.middleware
    async def edge(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            if request.method == "OPTIONS":
                return express.preflight_response()
            if settings.trace_headers:
                carry(request.headers)
            body = await read_body(request, settings.body_limit)
            request[_BODY] = body
            url = request.rel_url
            guard.check(request.method, url.raw_path, url.raw_path_qs, body)
            return await handler(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends in an answer
            return _failure(request, error)

    return edge


def _failure(request: web.Request, error: Exception) -> web.Response:
    """Return the answer to a request that ended in an error."""
    match error:
        case ApiError():
            return express.json_response(request, error.status, error.body)
        case HtmlError():
            return express.html_response(error)
        case web.HTTPNotFound() | web.HTTPMethodNotAllowed():
            return express.html_response(HtmlError(404, express.no_such_route(request)))
        case CutError():
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
    log.error("unexpected error in %s %s", request.method, request.rel_url, exc_info=error)
    return express.json_response(request, 500, internal(str(error)).body)


def _handler(
    route: Route, store: Store, feed: UpdateFeed, settings: Settings, prototype: ObjectPrototype
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the aiohttp handler of a route: the checks in their order, then the controller."""

    async def handle(request: web.Request) -> web.StreamResponse:
        key = authenticate(store, request.headers)
        tenant_id = ""
        if route.tenant:
            tenant_id = resolve_tenant(store, request.headers)
        elif "X-Tenant-Id" in request.headers:
            raise bad_request(
                "X-Tenant-Id header is not allowed when creating a tenant."
                " Tenant creation must be performed outside of any tenant context."
            )
        if route.permission is not None:
            require_permission(key, route.permission)
        check_url_ids(request.match_info)
        body: Any = request[_BODY]
        path, query = request.match_info, request.query
        call = Call(store, feed, settings, key, tenant_id, path, query, body, prototype)
        answer = route.handler(call)
        if not isinstance(answer, Answer):
            answer = await played(answer, settings)
        if answer.body is None:
            return express.empty_response(answer.status)
        return express.json_response(request, answer.status, answer.body)

    return handle


@asynccontextmanager
async def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    store: Store | None = None,
    publisher: UpdatePublisher | None = None,
    settings: Settings | None = None,
    database: str = ":memory:",
    demo: bool = False,
    prototype: ObjectPrototype | None = None,
    keys: RoutingKeys | None = None,
) -> AsyncIterator[str]:
    """Run the server in this event loop; yield its URL. Port 0 takes a free one.

    A given store stays the caller's to close; without one, `database` is opened and closed here.
    A given `prototype` tells the caller whether filters have poisoned this server.
    """
    async with AsyncExitStack() as stack:
        if store is None:
            store = stack.enter_context(Store(database))
        app = create_app(
            store, publisher or NullPublisher(), settings=settings, prototype=prototype, keys=keys
        )
        if demo:
            seed_demo(store)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        bound_host, bound_port = await stack.enter_async_context(listening(runner, host, port))
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        yield f"http://{shown}:{bound_port}"
