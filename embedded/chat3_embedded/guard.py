"""The duplicate guard: refuses a write that equals one accepted a moment ago."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from chat3_embedded.errors import ApiError
from chat3_embedded.jsonvalues import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat3_embedded.settings import Settings

_GUARDED = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_TYPING = re.compile(r"/api/dialogs/[^/]+/member/[^/]+/typing/?")


class DuplicateGuard:
    """Remembers accepted writes for a window; looks at neither API key nor tenant.

    A refused request does not extend the window. The memory is this process's alone.
    """

    def __init__(self, settings: Settings, *, monotonic: Callable[[], float] | None = None) -> None:
        self._window = settings.guard_window
        self._typing_window = settings.typing_guard_window
        self._monotonic = monotonic or time.monotonic
        self._accepted: dict[bytes, float] = {}

    def check(self, method: str, path: str, url: str, body: Any) -> None:
        """Accept the request or raise 429; `url` is the original one, with its query."""
        if method not in _GUARDED:
            return
        now = self._monotonic()
        self._forget_before(now - max(self._window, self._typing_window))
        window = self._typing_window if _TYPING.fullmatch(path) else self._window
        signature = encode([method, url, body])
        accepted = self._accepted.get(signature)
        if accepted is not None and now - accepted < window:
            message = "Duplicate request detected. Please retry shortly."
            raise ApiError(429, "Too Many Requests", message)
        # Removed first, so that the dictionary stays in the order of acceptance.
        self._accepted.pop(signature, None)
        self._accepted[signature] = now

    def _forget_before(self, moment: float) -> None:
        while self._accepted:
            oldest = next(iter(self._accepted))
            if self._accepted[oldest] > moment:
                return
            del self._accepted[oldest]
