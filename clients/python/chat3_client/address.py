"""Reads the address of a service, and says clearly what is wrong with one."""

import ssl
from dataclasses import dataclass
from pathlib import Path

DEFAULT_ADDRESS = "127.0.0.1:50051"
_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read `HOST:PORT`, an IPv6 address in brackets.

    Raises `ValueError` that says what is wrong.
    """
    if "://" in text:
        scheme, _, rest = text.partition("://")
        tls = " and tls=True" if scheme == "https" else ""
        raise ValueError(f"{text!r} is a URL: give {rest.split('/')[0] or 'HOST:PORT'!r}{tls}")
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host or host.endswith(":") or (":" in host and not host.startswith("[")):
        raise ValueError(f"{text!r} has no port or no host: give HOST:PORT, or [IPV6]:PORT")
    if not (port.isascii() and port.isdigit() and int(port) in _PORTS):
        raise ValueError(f"{port!r} in {text!r} is no port from 1 to 65535")
    if host.startswith("[") != host.endswith("]"):
        raise ValueError(f"the brackets of {text!r} do not match")
    return Address(host.strip("[]"), int(port))


def tls_context(
    ca_file: str | Path | None = None,
    *,
    certificate: str | Path | None = None,
    key: str | Path | None = None,
) -> ssl.SSLContext:
    """Make a TLS context that gRPC can use: TLS 1.2 or newer, HTTP/2 by ALPN.

    ``ca_file`` replaces the system's authorities; the server's own certificate will do.
    ``certificate`` and ``key`` are those of the client, where the service asks for one. Raises
    `OSError` for files that cannot be used.
    """
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    if ca_file is not None:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return usable_by_grpc(context)


def usable_by_grpc(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return the context, set up to negotiate HTTP/2."""
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    context.set_alpn_protocols(["h2"])
    return context
