"""Certificates for the CLI tests: an authority, and what it signed."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.patience import HANGS


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    pem: Path
    key: Path

    def server_context(self, *alpn: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem, self.key)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context


@dataclass(frozen=True)
class Authority:
    """A CA of the tests' own."""

    folder: Path
    pair: Pair

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        pair = _with_key(folder, "ca")
        _openssl(
            *("req", "-x509", "-new", "-key", pair.key, "-out", pair.pem, "-days", "2"),
            *("-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE"),
        )
        return cls(folder, pair)

    def signed(self, name: str, *, host: str = "localhost", days: int = 1) -> Pair:
        """Sign a certificate; with negative days it has expired."""
        pair = _with_key(self.folder, name)
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=DNS:{host}\n")
        _openssl("req", "-new", "-key", pair.key, "-out", request, "-subj", f"/CN={host}")
        _openssl(
            *("x509", "-req", "-in", request, "-out", pair.pem, "-days", str(days)),
            *("-CA", self.pair.pem, "-CAkey", self.pair.key, "-CAcreateserial"),
            *("-extfile", extensions),
        )
        return pair


def _with_key(folder: Path, name: str) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", pair.key)
    return pair


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=HANGS)
