"""Where documentation is tried: an empty folder, an environment, and ports of its own.

Pages name the default ports. A test takes free ones: the service is told by its settings, and what
a page says is read with the ports exchanged.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from support.ports import free_port

_SERVICE, _PAGE, _OPERATORS = 50051, 8080, 9090
CHECKOUT: Final = "/path/to/chat3-user-service"
"""What pages call the checkout of whoever reads them."""
# `127.0.0.1:50051`, and `"127.0.0.1", 50051` as programs say it.
_HOSTS: Final = r"((?:127\.0\.0\.1|localhost)(?::|\", ))"
# What clients of registries need to find theirs; the home of the person who tries is empty.
_KEPT: Final = re.compile(
    r"(PIP|UV|NPM|npm|NODE|GO|SSL|REQUESTS|CURL|HTTPS?|NO_PROXY)\w*", re.IGNORECASE
)
_CACHES: Final = {
    "PIP_CACHE_DIR": ".cache/pip",
    "npm_config_cache": ".npm",
    "GOPATH": "go",
    "GOCACHE": ".cache/go-build",
}


@dataclass(frozen=True, slots=True)
class Place:
    """An empty folder with a home and ports of its own."""

    folder: Path
    scripts: Path
    environment: Mapping[str, str]
    ports: Mapping[int, int] = field(default_factory=dict)
    checkout: str = CHECKOUT

    def here(self, text: str) -> str:
        """Return what a page says, with the ports and the checkout of this place."""
        return re.sub(
            _HOSTS + "(" + "|".join(map(str, self.ports)) + r")\b",
            lambda found: f"{found[1]}{self.ports[int(found[2])]}",
            text.replace(CHECKOUT, self.checkout),
        )

    @property
    def address(self) -> str:
        """Where the service of this place listens."""
        return f"127.0.0.1:{self.ports[_SERVICE]}"


@contextmanager
def empty_place(path: str, checkout: Path, **variables: str) -> Iterator[Place]:
    """Make a place for the block. `path` is the PATH of its terminals."""
    ports = {default: free_port() for default in (_SERVICE, _PAGE, _OPERATORS)}
    with tempfile.TemporaryDirectory(prefix="chat3-docs-", ignore_cleanup_errors=True) as top:
        folder, home, scripts = (Path(top) / name for name in ("folder", "home", "scripts"))
        for each in (folder, home, scripts):
            each.mkdir()
        yield Place(
            folder,
            scripts,
            {
                **_of_registries(),
                "PATH": path,
                "HOME": str(home),
                "LANG": "C.UTF-8",
                "TZ": "UTC",
                "TERM": "dumb",
                "NO_COLOR": "1",
                "GRPC_PORT": str(ports[_SERVICE]),
                "DEMO_PAGE_PORT": str(ports[_PAGE]),
                "OPS_PORT": str(ports[_OPERATORS]),
                "CHAT3_ADDRESS": f"127.0.0.1:{ports[_SERVICE]}",
                **variables,
            },
            ports,
            str(checkout),
        )


def _of_registries() -> dict[str, str]:
    """Return what lets pip, npm and Go find their registries and their caches."""
    home = Path.home()
    kept = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    caches = {name: str(home / path) for name, path in _CACHES.items() if (home / path).exists()}
    if (home / ".npmrc").exists():
        caches["npm_config_userconfig"] = str(home / ".npmrc")
    go = home / ".config" / "go" / "env"
    return {**caches, **kept, **({"GOENV": str(go)} if go.exists() else {})}


def found(*programs: str) -> bool:
    """Say whether this machine has programs."""
    return all(shutil.which(program) for program in programs)
