"""The file of the SQLite store: the one the settings name, else one in the state folder."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chat3_user.idempotency.settings import IdempotencySettings
from chat3_user.settings import ConfigError

IN_MEMORY: Final = ":memory:"


def database(
    settings: IdempotencySettings, platform: str, environment: Mapping[str, str] = os.environ
) -> str:
    """Return the file for idempotency keys, or `IN_MEMORY`.

    Every ``platform`` has a file of its own; one that lives in this process's memory, and has no
    name, keeps its keys there too. systemd names the folder in ``STATE_DIRECTORY``; elsewhere it is
    the user's state folder.
    """
    if settings.database:
        return settings.database
    if not platform:
        return IN_MEMORY
    name = hashlib.blake2b(platform.encode(), digest_size=4).hexdigest()
    if given := environment.get("STATE_DIRECTORY"):
        return str(Path(given.split(":")[0]) / f"idempotency-{name}.db")
    home = environment.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return str(Path(home) / "chat3-user-service" / f"idempotency-{name}.db")


def check_database(settings: IdempotencySettings, platform: str) -> None:
    """Make the file, so that one that cannot be written is known before the first call.

    Raises `ConfigError`.
    """
    path = database(settings, platform)
    if path == IN_MEMORY:
        return
    try:
        make_private(Path(path))
    except OSError as error:
        raise ConfigError(
            f"IDEMPOTENCY_DATABASE: {path} cannot be written ({error.strerror}); name another file,"
            " or a Redis in REDIS_URL"
        ) from error


def make_private(path: Path) -> None:
    """Make the file for its owner alone: it holds answers, and so what users write."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
