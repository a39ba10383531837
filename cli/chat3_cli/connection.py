"""The options of every command: where the service is, and in whose name calls are made."""

import argparse
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from chat3_cli import values
from chat3_cli.arguments import Argument, argument
from chat3_cli.session import Identity, Session, Target
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.known import SETTINGS, SWITCHES, Known
from chat3_cli.settings.precedence import Settings
from chat3_client import tls_context as context_of

DEFAULT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Connection:
    """What it takes to reach the service in somebody's name."""

    target: Target
    identity: Identity

    def open(self) -> Session:
        """Make a new connection."""
        return Session(self.target, self.identity)


def _option_of(known: Known) -> tuple[Argument, ...]:
    if known.name in SWITCHES:
        off = f"--no-{known.flag.removeprefix('--')}"
        return (
            argument(known.flag, action="store_true", default=None, help=known.help),
            argument(
                off,
                action="store_false",
                default=None,
                dest=known.name,
                help="plaintext, whatever the environment or the profile says",
            ),
        )
    return (argument(known.flag, help=known.help, default=None, metavar=known.metavar),)


OPTIONS: Sequence[Argument] = (
    argument(
        "--profile",
        help="CHAT3_PROFILE: a profile of `chat3 login`; options and variables go before it",
        metavar="NAME",
    ),
    *(option for known in SETTINGS for option in _option_of(known)),
    argument(
        "--timeout",
        help="for a call with its retries, or to open a stream; default 30",
        type=values.seconds,
        metavar="SECONDS",
    ),
    argument("--json", help="print each response as one line of JSON", action="store_true"),
)
"""They stand before or after the command. What is not given is None."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let a parser take the options."""
    group = parser.add_argument_group("connection and identity, before or after the command")
    for option in OPTIONS:
        option.add_to(group)


def target(settings: Settings, timeout: float | None) -> Target:
    """Say where the service is and how to talk to it.

    Raises `SettingsError`.
    """
    if settings.text("key") and not settings.text("cert"):
        raise SettingsError("--key is of no use without --cert")
    host, port = settings.value("address")
    return Target(host, port, tls=tls_context(settings), timeout=timeout or DEFAULT_SECONDS)


def tls_context(settings: Settings, alpn: str = "h2") -> ssl.SSLContext | None:
    """Make what TLS needs, where the settings want TLS.

    Raises `SettingsError`.
    """
    ca, cert, key = (settings.value(name) for name in ("ca", "cert", "key"))
    wanted = settings.value("tls")
    if not (wanted or ((ca or cert) and wanted is None)):
        return None
    try:
        context = context_of(ca, certificate=cert, key=key)
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError(f"the TLS files cannot be used: {error}") from None
    context.set_alpn_protocols([alpn])
    return context
