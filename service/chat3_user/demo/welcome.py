"""What `make run` prints: where the demo listens, who is in it, and what to try."""

import asyncio
import os
import shlex
import ssl
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from chat3_user.demo.platform import DemoPlatform
from chat3_user.tls.outgoing import client_context
from chat3_user.tls.settings import TlsFiles

_DEFAULT_PORT: Final = 50051
_HANDSHAKE: Final = 2.0
_LOOPBACK: Final = ("127.0.0.1", "localhost", "0.0.0.0", "::")  # noqa: S104 - compared, not bound

_TEXT = """
Chat3 is running with demo data.

  gRPC      {address} ({security}, reflection on)
  tenant    {tenant}
  API key   {key}
  users     {users}

Try it in other terminals:

  {chat3} --user alice dialogs
  {chat3} --user bob watch
  {chat3} --user alice send {dialog} "Hello, Bob!"

Ctrl-C ends it; the data goes with it.
"""


async def print_welcome(host: str, port: int, tls: TlsFiles, platform: DemoPlatform) -> None:
    """Print the demo's credentials and three commands, which work as printed.

    Where clients need certificates of their own, files that only the reader has are in capitals.
    """
    options = ""
    if tls.certificate:
        host = await _name_in_certificate(host, port, tls)
        options = f" --ca {shlex.quote(tls.certificate)}"
        if tls.client_ca:
            options += " --cert CLIENT_CERTIFICATE --key CLIENT_KEY"
    if port != _DEFAULT_PORT or host not in _LOOPBACK:
        options += f" --address {_address(host, port)}"
    sys.stdout.write(
        _TEXT.format(
            address=_address(host, port),
            security="TLS" if tls.certificate else "plaintext",
            tenant=platform.tenant,
            key=platform.api_key,
            users=", ".join(platform.users),
            chat3=f"CHAT3_API_KEY={platform.api_key} {_client()}{options}",
            dialog=platform.dialog,
        )
    )
    sys.stdout.flush()


async def _name_in_certificate(host: str, port: int, tls: TlsFiles) -> str:
    """Return the name of this machine that a client may connect to: one that a handshake takes."""
    context = client_context(tls.certificate)
    # The file has the server's own certificate, and perhaps not who signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for name in dict.fromkeys((host, "localhost", "127.0.0.1", "::1")):
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_HANDSHAKE):
                _, writer = await asyncio.open_connection(
                    name, port, ssl=context, server_hostname=name
                )
            writer.close()
            return name
    return host


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _client() -> str:
    """Return how this shell finds the client: by path when its environment is not on PATH."""
    client = Path(sys.executable).with_name("chat3")
    if str(client.parent) in os.environ.get("PATH", "").split(os.pathsep) or not client.exists():
        return "chat3"
    return os.path.relpath(client)
