"""What `make run` prints: where the demo listens, who is in it, and what to try."""

import os
import shlex
import sys
from pathlib import Path
from typing import Final

from chat3_user.demo.own_listener import OwnListener
from chat3_user.demo.platform import DemoPlatform
from chat3_user.tls.settings import TlsFiles

_DEFAULT_PORT: Final = 50051
_LOOPBACK: Final = ("127.0.0.1", "localhost", "0.0.0.0", "::")  # noqa: S104 - compared, not bound

_PAGE = """
Chat in your browser, in two windows as two people:

  {page}
"""

_TEXT = """
Chat3 is running with demo data.
{page}
  service   {address} ({security}, reflection on)
  tenant    {tenant}
  API key   {key}
  users     {users}

Try it in terminals:

  {chat3} --user alice dialogs
  {chat3} --user bob watch
  {chat3} --user alice send {dialog} "Hello, Bob!"

Ctrl-C ends it; the data goes with it.
"""


def print_welcome(own: OwnListener, tls: TlsFiles, platform: DemoPlatform, page: str) -> None:
    """Print the page's address, the demo's credentials and three commands, which work as printed.

    ``page`` is empty where there is no page. Where clients need certificates of their own, files
    that only the reader has are in capitals.
    """
    options = ""
    if tls.certificate:
        options = f" --ca {shlex.quote(tls.certificate)}"
        if tls.client_ca:
            options += " --cert CLIENT_CERTIFICATE --key CLIENT_KEY"
    if own.port != _DEFAULT_PORT or own.host not in _LOOPBACK:
        options += f" --address {own.address}"
    sys.stdout.write(
        _TEXT.format(
            page=_PAGE.format(page=page) if page else "",
            address=own.address,
            security="TLS" if tls.certificate else "plaintext",
            tenant=platform.tenant,
            key=platform.api_key,
            users=", ".join(platform.users),
            chat3=f"CHAT3_API_KEY={platform.api_key} {_client()}{options}",
            dialog=platform.dialog,
        )
    )
    sys.stdout.flush()


def _client() -> str:
    """Return how this shell finds the client: by path when its environment is not on PATH."""
    client = Path(sys.executable).with_name("chat3")
    if str(client.parent) in os.environ.get("PATH", "").split(os.pathsep) or not client.exists():
        return "chat3"
    return os.path.relpath(client)
