"""URLs that name several servers: ``scheme://user:password@host1:1,host2:2/path``, or a list."""

import re
from typing import Final

from yarl import URL

_PARTS: Final = re.compile(r"([a-z0-9+.-]+)://(?:([^/?#]*)@)?([^/?#@]*)(.*)", re.DOTALL)
_BETWEEN: Final = re.compile(r",(?=[a-z0-9+.-]+://)")


def node_urls(text: str) -> tuple[str, ...]:
    """Return a URL for each server that ``text`` names, in its order.

    What several hosts of one URL have in common is user, path and query. A comma in a password is
    written ``%2C`` where URLs are listed. Raises ``ValueError`` for what is no URL with a host.
    """
    nodes: list[str] = []
    for url in _BETWEEN.split(text):
        parts = _PARTS.fullmatch(url)
        if parts is None:
            raise ValueError(f"not a URL: {url!r}")
        scheme, user, hosts, rest = parts.groups()
        before = "" if user is None else f"{user}@"
        for host in hosts.split(","):
            node = f"{scheme}://{before}{host}{rest}"
            if not URL(node).host:
                raise ValueError("a host is missing")
            nodes.append(node)
    return tuple(nodes)
