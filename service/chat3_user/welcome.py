"""What `make run` prints: where the demo listens, who is in it, and what to try."""

import os
import sys
from pathlib import Path
from typing import Final

from chat3_embedded import demo

_DEFAULT_PORT: Final = 50051
_LOOPBACK: Final = ("127.0.0.1", "localhost", "0.0.0.0", "::")  # noqa: S104 - compared, not bound

_TEXT = """
Chat3 is running with demo data.

  gRPC      {address} (plaintext, reflection on)
  tenant    {tenant}
  API key   {key}
  users     {users}

Try it in other terminals:

  {chat3} --user alice dialogs
  {chat3} --user bob watch
  {chat3} --user alice send {dialog} "Hello, Bob!"

Ctrl-C ends it; the data goes with it.
"""


def print_welcome(host: str, port: int) -> None:
    """Print the demo's credentials and three commands, which work as printed."""
    chat3 = "CHAT3_API_KEY=" + demo.API_KEY + " " + _client()
    if port != _DEFAULT_PORT or host not in _LOOPBACK:
        chat3 += f" --address {host}:{port}"
    sys.stdout.write(
        _TEXT.format(
            address=f"{host}:{port}",
            tenant=demo.TENANT,
            key=demo.API_KEY,
            users=", ".join(demo.USERS),
            chat3=chat3,
            dialog=demo.ALICE_BOB,
        )
    )
    sys.stdout.flush()


def _client() -> str:
    """Return how this shell finds the client: by path when its environment is not on PATH."""
    client = Path(sys.executable).with_name("chat3")
    if str(client.parent) in os.environ.get("PATH", "").split(os.pathsep) or not client.exists():
        return "chat3"
    return os.path.relpath(client)
