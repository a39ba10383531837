"""tenant-api as its routes: one call for all of them."""

import time
from collections.abc import Awaitable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from chat3_user.errors import reasons
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import BODY_LIMIT, UnknownRouteError
from chat3_user.tenant_api.pages import Pages
from chat3_user.tenant_api.query import WHOLE_PAGE, paged
from chat3_user.tenant_api.resilience import Caller
from chat3_user.tenant_api.route import Request, Route
from chat3_user.validation import Identity

T = TypeVar("T")

_ASK_AGAIN: Final = 300.0
"""For how long, in seconds, a platform is believed not to have a route."""


class TenantApi:
    """The client of tenant-api; what may be asked of it stands in `routes`."""

    def __init__(self, http: Caller) -> None:
        self._http = http
        self._unknown_until: dict[Route[Any], float] = {}

    async def call(
        self,
        route: Route[T],
        identity: Identity,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        **segments: str,
    ) -> T:
        """Ask a route and return its answer.

        ``segments`` are those of its path, as they are; ``user_id`` is the calling user unless
        given. ``body`` is what JSON can hold.

        Raises `CallError`: what the route says a refusal means, or what `Http.call` raises.
        """
        _, answer = await self.answer(route, identity, query=query, body=body, **segments)
        return answer

    def pages(
        self,
        route: Route[m.Page[T]],
        identity: Identity,
        *,
        size: int = WHOLE_PAGE,
        filter_: str = "",
        sort: str = "",
        query: Mapping[str, str] | None = None,
        **segments: str,
    ) -> Pages[T]:
        """Return the pages of a list, which are asked for as `call` asks while they are read.

        ``query`` is what is asked besides page, filter and sort.
        """

        def page(number: int) -> Awaitable[m.Page[T]]:
            asked = {**paged(number, size, filter_, sort), **(query or {})}
            return self.call(route, identity, query=asked, **segments)

        return Pages(page, size)

    async def answer(
        self,
        route: Route[T],
        identity: Identity,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        **segments: str,
    ) -> tuple[int, T]:
        """Ask as `call` does; return also the HTTP status, where that says more."""
        path = route.path(identity, segments)
        if query:
            path = f"{path}?{urlencode(query)}"
        document = None
        if body is not None:
            document = msgspec.json.encode(body)
            if len(document) > BODY_LIMIT:
                raise reasons.request_too_large(BODY_LIMIT)
        try:
            answer = await self._http.call(Request(route, identity, path, segments, body, document))
        except UnknownRouteError:
            self._unknown_until[route] = time.monotonic() + _ASK_AGAIN
            raise
        if self._unknown_until:
            self._unknown_until.pop(route, None)
        return answer

    def lacks(self, route: Route[Any]) -> bool:
        """Return whether the platform has lately turned out not to have the route."""
        return time.monotonic() < self._unknown_until.get(route, 0.0)
