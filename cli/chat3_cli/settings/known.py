"""The settings of the connection and identity: their options, variables, defaults and rules."""

from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chat3_cli import values

YES, NO = ("1", "true", "yes"), ("", "0", "false", "no")


def switch(text: str) -> bool:
    """Read yes or no, as an environment variable says it."""
    if text.lower() not in (*YES, *NO):
        raise ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() in YES


@dataclass(frozen=True, slots=True)
class Known:
    """One setting. A profile has it under its name."""

    name: str
    help: str
    read: Callable[[str], Any]
    """Reads its text; raises `ArgumentTypeError` or `ValueError`."""
    variable: str = ""
    """The environment variable; empty when there is none."""
    default: str = ""
    metavar: str = ""

    @property
    def flag(self) -> str:
        """The option."""
        return f"--{self.name.replace('_', '-')}"


SETTINGS: Sequence[Known] = (
    Known(
        "address",
        "CHAT3_ADDRESS; default 127.0.0.1:50051",
        values.address,
        "CHAT3_ADDRESS",
        default="127.0.0.1:50051",
        metavar="HOST:PORT",
    ),
    Known("tls", "use TLS; CHAT3_TLS=true", switch, "CHAT3_TLS"),
    Known(
        "ca",
        "CHAT3_CA: trust this CA, or this server's certificate (means --tls)",
        values.file,
        "CHAT3_CA",
        metavar="FILE",
    ),
    Known("cert", "client certificate (means --tls)", values.file, metavar="FILE"),
    Known("key", "key of the client certificate", values.file, metavar="FILE"),
    Known(
        "tenant",
        "CHAT3_TENANT; default tnt_default",
        values.header,
        "CHAT3_TENANT",
        default="tnt_default",
        metavar="TENANT",
    ),
    Known("user", "CHAT3_USER: the user who acts", values.text, "CHAT3_USER", metavar="USER"),
    Known(
        "api_key",
        "CHAT3_API_KEY; as an option it shows in lists of processes",
        values.header,
        "CHAT3_API_KEY",
        metavar="KEY",
    ),
    Known(
        "api_key_file",
        "CHAT3_API_KEY_FILE: read the API key from it; - is standard input",
        str,
        "CHAT3_API_KEY_FILE",
        metavar="FILE",
    ),
    Known(
        "token",
        "CHAT3_TOKEN: a token of the user, in place of key, tenant and user",
        values.header,
        "CHAT3_TOKEN",
        metavar="TOKEN",
    ),
    Known(
        "token_file",
        "CHAT3_TOKEN_FILE: read the token from it; - is standard input",
        str,
        "CHAT3_TOKEN_FILE",
        metavar="FILE",
    ),
)

BY_NAME = {known.name: known for known in SETTINGS}
SWITCHES = frozenset(known.name for known in SETTINGS if known.read is switch)

KEYRING = "keyring"
"""The key of a profile that says which of its secrets the keyring has: `api_key` or `token`."""

SECRETS = ("api_key", "token")
