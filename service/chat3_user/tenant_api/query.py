"""The query of a list: its page, what it selects and how it is sorted."""

from typing import Final

WHOLE_PAGE: Final = 100
"""The most rows that a page of tenant-api has."""


def paged(page: int = 1, limit: int = 10, filter_: str = "", sort: str = "") -> dict[str, str]:
    """Return the query; ``filter_`` and ``sort`` are rendered by us, and left out when empty."""
    query = {"page": str(page), "limit": str(limit)}
    if filter_:
        query["filter"] = filter_
    if sort:
        query["sort"] = sort
    return query
