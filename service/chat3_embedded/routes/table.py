"""All endpoints, in one tuple."""

from __future__ import annotations

from chat3_embedded.routes import (
    dialogs,
    members,
    messages,
    meta,
    tenants,
    user_dialogs,
    user_messages,
    users,
)

ROUTES = (
    *tenants.ROUTES,
    *users.ROUTES,
    *dialogs.ROUTES,
    *members.ROUTES,
    *messages.ROUTES,
    *user_dialogs.ROUTES,
    *user_messages.ROUTES,
    *meta.ROUTES,
)
