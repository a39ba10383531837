"""Which routes the tests have exercised: those that answered with success, and whose recordings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from chat3_embedded import Generation
from chat3_embedded.routes.table import endpoints_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST_ERROR = 300


@dataclass(eq=False)
class Coverage:
    """Collects while the tests run, for each version of the platform."""

    # By version: whether a recording was held against the route, or what was read alone.
    _recorded: dict[str, dict[str, bool]] = field(default_factory=dict)

    def answered(
        self, version: str, method: str, path: str, status: int, *, recorded: bool
    ) -> None:
        """Note an answer, if it is a success."""
        route = route_of(version, method, path)
        if route is not None and status < _LEAST_ERROR:
            routes = self._recorded.setdefault(version, {})
            routes[route] = routes.get(route, False) or recorded

    def exercised(self, version: str) -> frozenset[str]:
        """Return the routes that have answered with success."""
        return frozenset(self._recorded.get(version, {}))

    def lines(self, *, whole: bool) -> Iterator[str]:
        """Say how many routes were exercised; of a whole run name those that were not."""
        for version, routes in self._recorded.items():
            known = names_of(version)
            recorded = sum(routes.values())
            yield (
                f"platform {version}: {len(routes)} of {len(known)} routes exercised,"
                f" {recorded} of them as recorded from 0.0.80, {len(routes) - recorded} as read"
            )
            for route in known:
                if whole and route not in routes:
                    yield f"  not exercised: {route}"


def names_of(version: str) -> list[str]:
    """Return the routes of a version, each as `GET /api/users/{userId}`."""
    return [f"{method} {path}" for method, path in endpoints_of(Generation(version))]


def route_of(version: str, method: str, path: str) -> str | None:
    """Return the route that a request goes to: of those that fit, the first in the table."""
    bare = path.partition("?")[0].rstrip("/")
    for known, pattern, name in _patterns(version):
        if known == method and pattern.fullmatch(bare):
            return name
    return None


@cache
def _patterns(version: str) -> list[tuple[str, re.Pattern[str], str]]:
    return [
        (method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), f"{method} {path}")
        for method, path in endpoints_of(Generation(version))
    ]
