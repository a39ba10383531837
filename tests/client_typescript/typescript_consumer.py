"""Somebody who uses the packed library in a folder of their own."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 200.0
BESIDES = ("typescript@7.0.2", "@types/node@20.19.0", "@opentelemetry/api@1.9.0")


@dataclass(frozen=True)
class Consumer:
    """A folder in which somebody uses the library."""

    folder: Path

    def run(self, *command: str, **settings: str) -> str:
        """Run a command there and return what it printed; raises when it fails."""
        done = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


def packed(library: Path, folder: Path) -> Path:
    """Pack the library as it is published; return the tarball."""
    assert (library / "dist/node.js").exists(), "run `make clients-typescript` first"
    command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    subprocess.run(command, cwd=library, check=True, capture_output=True)
    (tarball,) = folder.glob("*.tgz")
    return tarball


def consumer_of(tarball: Path, folder: Path) -> Consumer:
    """Install the tarball into an empty folder, beside a compiler."""
    (folder / "package.json").write_text('{"name": "consumer", "private": true, "type": "module"}')
    npm = shutil.which("npm")
    assert npm is not None
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*command, str(tarball), *BESIDES], cwd=folder, check=True)
    return Consumer(folder)
