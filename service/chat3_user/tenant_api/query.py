"""The query of a list: its page, what it selects and how it is sorted."""

import re
from typing import Final

WHOLE_PAGE: Final = 100
"""The most rows that a page of tenant-api has."""

PACKS_PAGE: Final = 50
"""The most rows that a page of a list of packs has, or of one of a pack: more is cut silently."""


_PLAIN_ID: Final = re.compile("[A-Za-z0-9_@:+-]+")


def is_plain(user_id: str) -> bool:
    """Tell whether a user id can stand in a filter, quoted."""
    return _PLAIN_ID.fullmatch(user_id) is not None


def paged(page: int = 1, limit: int = 10, filter_: str = "", sort: str = "") -> dict[str, str]:
    """Return the query; ``filter_`` and ``sort`` are rendered by us, and left out when empty."""
    query = {"page": str(page), "limit": str(limit)}
    if filter_:
        query["filter"] = filter_
    if sort:
        query["sort"] = sort
    return query
