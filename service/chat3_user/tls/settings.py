"""The files of TLS: what the listener shows and asks for, and whom the service itself trusts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta


class TlsError(Exception):
    """A certificate or key cannot be used; the text names the files."""

    @property
    def loggable(self) -> str:
        """The text."""
        return str(self)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the chain and key of the server; with ``client_ca`` clients must prove theirs.

    Without a certificate the listener is plain.
    """

    certificate: Annotated[
        str,
        Meta(description="PEM file of the gRPC server's certificate chain; empty serves plaintext"),
    ] = ""
    key: Annotated[str, Meta(description="PEM file of the private key of GRPC_TLS_CERT")] = ""
    client_ca: Annotated[
        str,
        Meta(
            description="PEM file of the CA that signs client certificates; when set, other"
            " clients are rejected"
        ),
    ] = ""

    def __str__(self) -> str:
        return ", ".join(self._paths())

    def _paths(self) -> Sequence[str]:
        return [path for path in (self.certificate, self.key, self.client_ca) if path]

    def stamp(self) -> Sequence[tuple[int, int, int]]:
        """Return what changes when a file does."""
        stats = [Path(path).stat() for path in self._paths()]
        return [(stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats]


@dataclass(frozen=True, slots=True)
class Authorities:
    """PEM files of the certificates that sign those of the servers behind this service."""

    tenant_api: Annotated[
        str, Meta(description="CA certificates for tenant-api; empty uses the system's")
    ] = ""
    rabbitmq: Annotated[
        str, Meta(description="CA certificates for RabbitMQ; empty uses the system's")
    ] = ""
    redis: Annotated[
        str, Meta(description="CA certificates for Redis; empty uses the system's")
    ] = ""
    token_issuer: Annotated[
        str,
        Meta(
            description="CA certificates for the address in TOKEN_ISSUER_KEYS; empty uses the"
            " system's"
        ),
    ] = ""
