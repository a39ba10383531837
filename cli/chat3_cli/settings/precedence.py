"""Decides which value of a setting counts: option, environment, profile, default, in that order."""

from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from chat3_cli.settings.config_file import Config
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.known import BY_NAME, KEYRING, SETTINGS, Known

PROFILE_VARIABLE = "CHAT3_PROFILE"


class Level(IntEnum):
    """Where a value comes from; the lowest counts."""

    OPTION = 1
    ENVIRONMENT = 2
    PROFILE = 3
    DEFAULT = 4


@dataclass(frozen=True, slots=True)
class Found:
    """The value of a setting, as it was written, and where it comes from."""

    value: str | bool = field(repr=False)
    level: Level
    source: str
    """For people: `--user`, `CHAT3_USER`, `profile work` or `default`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set, by name; what is set nowhere and has no default is missing."""

    found: Mapping[str, Found]
    profile: str = ""
    """The profile that counts; empty when there is none."""
    profile_source: str = ""
    """What named it."""

    def value(self, name: str) -> Any:
        """Read a setting's value by its rule; nothing when it is not set.

        Raises `SettingsError`.
        """
        found = self.found.get(name)
        if found is None or not isinstance(found.value, str):
            return None if found is None else found.value
        return read(BY_NAME[name], found)

    def text(self, name: str) -> str:
        """Give a setting as it was written, empty when it is not set."""
        found = self.found.get(name)
        return found.value if found is not None and isinstance(found.value, str) else ""

    def source(self, name: str) -> str:
        """Say where a setting comes from; empty when it is not set."""
        found = self.found.get(name)
        return found.source if found is not None else ""

    def level(self, name: str) -> Level:
        """Say where a setting comes from; what is not set counts as a default."""
        found = self.found.get(name)
        return found.level if found is not None else Level.DEFAULT


def resolve(options: Mapping[str, Any], environ: Mapping[str, str], config: Config) -> Settings:
    """Decide every setting; what the command line does not say is None among the options.

    Raises `SettingsError`.
    """
    profile, named_by = _profile(options, environ, config)
    of_profile = config.profile(profile, named_by) if profile else {}
    found: dict[str, Found] = {}
    for known in SETTINGS:
        value = options.get(known.name)
        if value is not None:
            found[known.name] = Found(value, Level.OPTION, known.flag)
        elif known.variable and environ.get(known.variable):
            text = environ[known.variable]
            found[known.name] = Found(text, Level.ENVIRONMENT, known.variable)
        elif known.name in of_profile:
            found[known.name] = Found(of_profile[known.name], Level.PROFILE, f"profile {profile}")
        elif known.default:
            found[known.name] = Found(known.default, Level.DEFAULT, "default")
    if KEYRING in of_profile:
        found[KEYRING] = Found(of_profile[KEYRING], Level.PROFILE, f"profile {profile}")
    return Settings(found, profile, named_by)


def _profile(
    options: Mapping[str, Any], environ: Mapping[str, str], config: Config
) -> tuple[str, str]:
    """Say which profile counts, and what named it."""
    if options.get("profile"):
        return options["profile"], "--profile"
    if environ.get(PROFILE_VARIABLE):
        return environ[PROFILE_VARIABLE], PROFILE_VARIABLE
    return config.default, "the default" if config.default else ""


def read(known: Known, found: Found) -> Any:
    """Read a value by its setting's rule; raise `SettingsError`, which never shows a secret."""
    try:
        return known.read(str(found.value))
    except (ArgumentTypeError, ValueError) as error:
        source = "" if found.level is Level.OPTION else f" (from {found.source})"
        raise SettingsError(f"argument {known.flag}: {error}{source}") from None
