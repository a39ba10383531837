"""Where the SQLite store is when nobody says: in the state folder, a file for each platform."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from chat3_user.idempotency.sqlite import IN_MEMORY


def default_database(platform: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the file for the keys of ``platform`` (its URL or file).

    A platform without a name lives in this process's memory, and so do its keys. systemd names the
    folder in ``STATE_DIRECTORY``; elsewhere it is the user's state folder.
    """
    if not platform:
        return IN_MEMORY
    name = hashlib.blake2b(platform.encode(), digest_size=4).hexdigest()
    if given := environment.get("STATE_DIRECTORY"):
        return str(Path(given.split(":")[0]) / f"idempotency-{name}.db")
    home = environment.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return str(Path(home) / "chat3-user-service" / f"idempotency-{name}.db")
