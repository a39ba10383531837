"""All endpoints, in one tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.routes import (
    dialogs,
    members,
    message_edits,
    messages,
    meta,
    meta_indexes,
    packs,
    tenants,
    topics,
    user_dialogs,
    user_messages,
    user_packs,
    users,
)
from chat3_embedded.routes.health import health_paths

if TYPE_CHECKING:
    from chat3_embedded.generations import Generation
    from chat3_embedded.routes.call import Route

ROUTES = (
    *tenants.ROUTES,
    *users.ROUTES,
    *dialogs.ROUTES,
    *members.ROUTES,
    *messages.ROUTES,
    *message_edits.ROUTES,
    *user_dialogs.ROUTES,
    *user_messages.ROUTES,
    *topics.ROUTES,
    *packs.ROUTES,
    *user_packs.ROUTES,
    # Before meta: `index` is no type of entity.
    *meta_indexes.ROUTES,
    *meta.ROUTES,
)


def routes_of(generation: Generation) -> tuple[Route, ...]:
    """Return the endpoints that a version of the platform has."""
    return tuple(r for r in ROUTES if r.since is None or generation.can(r.since))


def endpoints_of(generation: Generation) -> tuple[tuple[str, str], ...]:
    """Return method and path of everything that a version of the platform answers."""
    health = tuple(("GET", path) for path in health_paths(generation))
    return (*health, *((route.method, route.path) for route in routes_of(generation)))
