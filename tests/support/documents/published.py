"""This tree's packages as registries would have them, for readers who install published ones.

Each function returns the environment in which pip, npm or Go finds ours here, and everything else
where it always is.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

_BUILT: Final = 300.0
_TYPESCRIPT: Final = "clients/typescript"
_GO: Final = "clients/go"


def for_pip(project: Path, folder: Path) -> dict[str, str]:
    """Build the wheels into a folder; pip looks there, too."""
    environment = {**os.environ, "PYTHONPATH": str(project / "tools")}
    _done([sys.executable, "-m", "distributions", "build", str(folder)], project, environment)
    known = os.environ.get("PIP_FIND_LINKS", "")
    return {"PIP_FIND_LINKS": f"{folder} {known}".strip()}


@cache
def built_typescript(project: Path) -> Path:
    """Build the library in TypeScript, once, and return its folder."""
    environment = {**os.environ, "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}"}
    _done(["tools/typescript_client.sh", "build"], project, environment)
    return project / _TYPESCRIPT


@contextmanager
def for_npm(project: Path, folder: Path) -> Iterator[dict[str, str]]:
    """Build and pack `@chat3/client`, and serve it as the registry of its scope, for the block."""
    library = built_typescript(project)
    _done(["npm", "pack", "--silent", "--pack-destination", str(folder)], library, os.environ)
    (tarball,) = folder.glob("*.tgz")
    manifest = json.loads((library / "package.json").read_text())
    with _serving(_Registry(manifest, tarball.read_bytes())) as address:
        own = Path.home() / ".npmrc"
        settings = folder / "npmrc"
        scope = manifest["name"].partition("/")[0]
        known = own.read_text() if own.exists() else ""
        settings.write_text(f"{known}\n{scope}:registry={address}\n")
        yield {"npm_config_userconfig": str(settings)}


def for_go(project: Path, folder: Path) -> dict[str, str]:
    """Write the module into a folder that is laid out as a proxy; Go asks there first.

    Go's cache of modules is a new one: it would keep this tree's module for ever. What Go has
    fetched before is taken from the old one.
    """
    library = project / _GO
    module = (library / "go.mod").read_text().splitlines()[0].removeprefix("module ").strip()
    version = "v0.1.0"
    versions = folder / module / "@v"
    versions.mkdir(parents=True)
    (versions / "list").write_text(f"{version}\n")
    (versions / f"{version}.info").write_text(json.dumps({"Version": version}))
    (versions / f"{version}.mod").write_bytes((library / "go.mod").read_bytes())
    listed = _done(["git", "ls-files", "-z", "."], library, os.environ)
    with zipfile.ZipFile(versions / f"{version}.zip", "w") as archive:
        for name in filter(None, listed.split("\0")):
            archive.write(library / name, f"{module}@{version}/{name}")
    proxy, cache = _done(["go", "env", "GOPROXY", "GOMODCACHE"], project, os.environ).splitlines()
    return {
        "GOPROXY": f"file://{folder},file://{cache}/cache/download,{proxy}",
        "GONOSUMDB": module,
        "GOMODCACHE": str(folder / "cache"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
    }


class _Registry:
    """The answers of a registry that has one package."""

    def __init__(self, manifest: Mapping[str, Any], tarball: bytes) -> None:
        self._manifest = manifest
        self._tarball = tarball

    def answer(self, path: str, address: str) -> bytes | None:
        """Return what is at a path: what is known of the package, or the package; else None."""
        name, version = self._manifest["name"], self._manifest["version"]
        if path == "/package.tgz":
            return self._tarball
        if path != f"/{name}":
            return None
        digest = base64.b64encode(hashlib.sha512(self._tarball).digest()).decode()
        found = {"tarball": f"{address}package.tgz", "integrity": f"sha512-{digest}"}
        return json.dumps(
            {
                "name": name,
                "dist-tags": {"latest": version},
                "versions": {version: {**self._manifest, "dist": found}},
            }
        ).encode()


@contextmanager
def _serving(registry: _Registry) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = registry.answer(unquote(self.path), address)
            self.send_response(200 if found is not None else 404)
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()


def _done(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=_BUILT,
        check=False,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
