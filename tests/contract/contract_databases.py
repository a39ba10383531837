"""What differs between the databases that can stand behind tenant-api: named, not failed.

TENANT_API_DATABASE names the one behind a real server (`mongodb` unless given). The double answers
as tenant-api does on MongoDB.
"""

from __future__ import annotations

import os

MONGODB = "mongodb"

# By database: where its answers are not those of MongoDB, by the name that the tests use.
DIFFERENCES = {
    "secantusdb": {
        "unfit filter values": "takes (meta.a,in,x) and (meta.a,regex,[), which MongoDB refuses",
    }
}


def database() -> str:
    """Return which database stands behind the server under test."""
    return os.environ.get("TENANT_API_DATABASE", MONGODB).lower()


def differs(name: str) -> bool:
    """Tell whether this database is known to answer in its own way."""
    return name in DIFFERENCES.get(database(), {})


def report() -> list[str]:
    """Return the list of what differs, a line each."""
    return [
        f"{owner}: {name}: {text}"
        for owner, names in DIFFERENCES.items()
        for name, text in names.items()
    ]
