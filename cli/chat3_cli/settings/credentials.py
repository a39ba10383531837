"""Gets API keys and tokens from where they are kept: a file, the keyring, or the setting itself."""

import importlib
import sys
from argparse import ArgumentTypeError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chat3_cli import values
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.known import KEYRING
from chat3_cli.settings.precedence import Found, Level, Settings

SERVICE = "chat3"
"""The name under which the keyring has what is ours; the user name in it is that of the profile."""

LARGEST_SECRET = 8192
NO_KEYRING = "the package `keyring` is not installed: pip install 'chat3-cli[keyring]'"
WORDS = {"api_key": "API key", "token": "token"}


@dataclass(frozen=True, slots=True)
class Secret:
    """Where an API key or a token is, before anybody has looked."""

    name: str
    """`api_key` or `token`."""
    level: Level
    source: str
    value: str = field(default="", repr=False)
    file: str = ""
    profile: str = ""
    """The profile whose keyring entry it is."""

    @property
    def whence(self) -> str:
        """Say for people where it comes from."""
        if self.file:
            return f"{self.source}: {'standard input' if self.file == '-' else self.file}"
        return f"{self.source}: the keyring" if self.profile else self.source

    def read(self) -> str:
        """Get it.

        Raises `SettingsError`, which does not show it.
        """
        if self.file:
            text = _from_file(self.file, self.source)
        elif self.profile:
            text = _from_keyring(self.profile)
        else:
            text = self.value
        return checked(text, WORDS[self.name], self.whence)


def find(settings: Settings, name: str) -> Secret | None:
    """Say where a secret is: of the means on the highest level that has one.

    Raises `SettingsError`.
    """
    candidates = [
        Secret(name, found.level, found.source, **_place(setting, found, settings.profile))
        for setting, found in settings.found.items()
        if setting in (name, f"{name}_file") or (setting == KEYRING and found.value == name)
    ]
    if not candidates:
        return None
    highest = min(each.level for each in candidates)
    counted = [each for each in candidates if each.level == highest]
    if len(counted) > 1:
        both = " and ".join(each.whence for each in counted)
        raise SettingsError(f"the {WORDS[name]} is given twice: {both}")
    return counted[0]


def checked(text: str, word: str, whence: str) -> str:
    """Give a secret without white space around it; raise `SettingsError` when it is none."""
    secret = text.strip()
    if not secret:
        raise SettingsError(f"the {word} is empty ({whence})")
    try:
        return values.header(secret)
    except ArgumentTypeError as error:
        raise SettingsError(f"the {word} {error} ({whence})") from None


def into_keyring(profile: str, secret: str) -> None:
    """Keep a secret in the keyring; raise `SettingsError`."""
    _keyring("set_password", profile, secret)


def out_of_keyring(profile: str) -> None:
    """Remove a profile's secret from the keyring; raise `SettingsError`."""
    _keyring("delete_password", profile)


def _place(setting: str, found: Found, profile: str) -> dict[str, str]:
    if setting == KEYRING:
        return {"profile": profile}
    return {"file" if setting.endswith("_file") else "value": str(found.value)}


def _from_file(place: str, source: str) -> str:
    try:
        if place == "-":
            if sys.stdin is None:
                raise SettingsError("standard input is closed")
            raw = sys.stdin.buffer.read(LARGEST_SECRET + 1)
        else:
            with Path(place).expanduser().open("rb") as file:
                raw = file.read(LARGEST_SECRET + 1)
    except OSError as error:
        raise SettingsError(f"cannot read {place} ({source}): {error.strerror or error}") from None
    if len(raw) > LARGEST_SECRET:
        raise SettingsError(f"{place} ({source}) holds more than {LARGEST_SECRET} bytes")
    return raw.decode("utf-8", "replace")


def _from_keyring(profile: str) -> str:
    secret = _keyring("get_password", profile)
    if not secret:
        raise SettingsError(
            f"the keyring has no entry of profile {profile!r}: run `chat3 login {profile}` again"
        )
    return str(secret)


def _keyring(method: str, *arguments: str) -> Any:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise SettingsError(NO_KEYRING) from None
    try:
        return getattr(keyring, method)(SERVICE, *arguments)
    except Exception as error:  # noqa: BLE001 - its back ends raise what they like
        raise SettingsError(f"the keyring cannot be used: {error}") from None
