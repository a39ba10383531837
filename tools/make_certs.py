"""Writes certificates for development: an authority, and a server and a client that it signed.

    python tools/make_certs.py [directory]

Needs the `openssl` program. The authority is kept when it is there already, so that what trusts it
goes on to; server and client are made anew.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

_DAYS: Final = 365
_NAMES: Final = "subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1"


def make_certs(directory: Path) -> None:
    """Write `ca`, `server` and `client`, each a `.pem` and a `.key`, to ``directory``."""
    directory.mkdir(parents=True, exist_ok=True)
    if not (directory / "ca.pem").exists():
        _authority(directory)
    for name, use, more in (
        ("server", "serverAuth", (_NAMES,)),
        ("client", "clientAuth", ()),
    ):
        _signed(directory, name, (f"extendedKeyUsage={use}", "basicConstraints=CA:FALSE", *more))


def _authority(directory: Path) -> None:
    _new_key(directory / "ca.key")
    _openssl(
        *("req", "-x509", "-new", "-key", directory / "ca.key", "-out", directory / "ca.pem"),
        *("-days", _DAYS * 10, "-subj", "/CN=Chat3 development CA"),
        *("-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )


def _signed(directory: Path, name: str, extensions: tuple[str, ...]) -> None:
    """Write key and certificate beside their places, then move them: who watches sees a whole."""
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        new = Path(folder)
        _new_key(new / "key")
        (new / "extensions").write_text("\n".join(extensions) + "\n")
        _openssl("req", "-new", "-key", new / "key", "-out", new / "csr", "-subj", f"/CN={name}")
        _openssl(
            *("x509", "-req", "-in", new / "csr", "-out", new / "pem", "-days", _DAYS),
            *("-CA", directory / "ca.pem", "-CAkey", directory / "ca.key"),
            *("-CAcreateserial", "-CAserial", new / "serial", "-extfile", new / "extensions"),
        )
        (new / "key").replace(directory / f"{name}.key")
        (new / "pem").replace(directory / f"{name}.pem")


def _new_key(path: Path) -> None:
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
    path.chmod(0o600)


def _openssl(*arguments: object) -> None:
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"make_certs: {' '.join(command)}\n{done.stderr}")


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "var/certs")
    make_certs(target)
    sys.stdout.write(f"certs: {target}: ca, server, client (.pem, .key)\n")
