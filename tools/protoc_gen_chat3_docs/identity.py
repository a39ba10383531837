"""Reads from a service's comment which request metadata every call carries."""

import re

_ROW = re.compile(r"^\| `(?P<key>x-[\w-]+)` \| (?P<value>.*)\|$", re.MULTILINE)


def metadata_keys(service_text: str) -> tuple[str, ...]:
    """Give the keys of the comment's table that are not optional."""
    rows = _ROW.finditer(service_text)
    return tuple(row["key"] for row in rows if not row["value"].startswith("optional"))


def environment_variable(key: str, product: str) -> str:
    """Name the shell variable that examples keep a value in: `CHAT3_TENANT` for `x-tenant-id`."""
    word = key.removeprefix("x-").removesuffix("-id").replace("-", "_")
    return f"{product}_{word}".upper()
