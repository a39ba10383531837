"""TLS towards the servers behind this service, and of a client that looks at its own listener."""

import ssl

from chat3_user.tls.settings import TlsError


def client_context(ca: str, certificate: str = "", key: str = "") -> ssl.SSLContext:
    """Return the context for connections to a server whose certificate ``ca`` signed.

    Without ``ca`` the system's certificates count. With ``certificate`` and ``key`` the client
    proves who it is.

    Raises `TlsError` for files that cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate:
            context.load_cert_chain(certificate, key or None, password=lambda: b"")
    except (OSError, ValueError) as error:
        files = ", ".join(path for path in (ca, certificate, key) if path)
        raise TlsError(f"{files}: {error}") from error
    return context


def upstream_tls(ca_file: str) -> ssl.SSLContext | None:
    """Return the context for a server whose certificate ``ca_file`` signed, if it is named.

    Raises `TlsError`.
    """
    return client_context(ca_file) if ca_file else None
