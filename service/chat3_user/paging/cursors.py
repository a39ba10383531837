"""Pages that the platform continues by a cursor of its own."""

from dataclasses import dataclass
from typing import Final

from chat3_user.calls import Call
from chat3_user.errors import reasons
from chat3_user.paging.tokens import ListRequest, Tokens, page_size

KIND: Final = 3

_CURSOR_MAX: Final = 600


@dataclass(frozen=True, slots=True)
class CursorPage:
    """A page: ``query`` is what the platform is asked for it."""

    query: dict[str, str]
    tokens: Tokens

    def token(self, cursor: str | None) -> str:
        """Return the token of the page that begins at a cursor of the platform; empty for none."""
        if not cursor or len(cursor) > _CURSOR_MAX:
            return ""
        return self.tokens.write(KIND, cursor.encode())


def cursor_page(request: ListRequest, call: Call) -> CursorPage:
    """Return which page a valid request asks for: by its token, else the first.

    Raises `CallError` for a token that is damaged or belongs to another list.
    """
    tokens = Tokens(request, call)
    query = {"limit": str(page_size(request))}
    found = tokens.read()
    if found is not None:
        kind, cursor = found
        if kind != KIND or not 0 < len(cursor) <= _CURSOR_MAX or not cursor.isascii():
            raise reasons.page_token_invalid()
        query["cursor"] = cursor.decode()
    return CursorPage(query, tokens)
