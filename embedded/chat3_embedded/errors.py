"""The errors of tenant-api, each raised where it is known and written once, at the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat3_embedded.jsonvalues import JsonObject


class ApiError(Exception):
    """Ends a request with a status and a JSON body."""

    def __init__(self, status: int, error: str, message: str, **more: Any) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.body: JsonObject = {"error": error, "message": message, **more}


class HtmlError(Exception):
    """Ends a request with one of Express's HTML pages."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text


def bad_request(message: str, **more: Any) -> ApiError:
    """Make a 400 of the plain shape, or of the URL id shape with `field` and the like."""
    return ApiError(400, "Bad Request", message, **more)


def unauthorized(message: str) -> ApiError:
    """Make a 401."""
    return ApiError(401, "Unauthorized", message)


def forbidden(message: str) -> ApiError:
    """Make a 403."""
    return ApiError(403, "Forbidden", message)


def not_a_member() -> ApiError:
    """Make the 403 of routes that name a user and a dialog that do not belong together."""
    return forbidden("User is not a member of this dialog")


def not_found(message: str) -> ApiError:
    """Make a 404 of the plain shape."""
    return ApiError(404, "Not Found", message)


def conflict(message: str) -> ApiError:
    """Make a 409."""
    return ApiError(409, "Conflict", message)


def internal(message: str) -> ApiError:
    """Make a 500, which shows the raw text of what went wrong."""
    return ApiError(500, "Internal Server Error", message)
