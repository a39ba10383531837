"""The config file: profiles by name, readable by its owner alone."""

import contextlib
import json
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chat3_cli.meant import meant
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.known import BY_NAME, KEYRING, SECRETS, SWITCHES

if sys.platform != "win32":
    import fcntl

Profile = Mapping[str, str | bool]
"""The settings of a profile by name; a text each, yes or no for switches."""

LARGEST = 1024 * 1024
NAME_RULE = (
    "a name has 1 to 40 letters, digits, `-`, `_` and `.`, and begins with a letter or digit"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_OTHERS = 0o077
_HEAD = "# Written by `chat3 login` and `chat3 profiles`, which keep no comments.\n"


@dataclass(frozen=True, slots=True)
class Config:
    """What the config file says."""

    default: str = ""
    """The profile that counts when none is named."""
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def profile(self, name: str, named_by: str) -> Profile:
        """Give a profile that somebody named.

        Raises `SettingsError`.
        """
        if name not in self.profiles:
            known = ", ".join(self.profiles) or "none"
            guess = meant(name, self.profiles)
            raise SettingsError(
                f"there is no profile {name!r} ({named_by}){guess} (known: {known})"
            )
        return self.profiles[name]


def path(environ: Mapping[str, str]) -> Path | None:
    """Say where the config file is; nothing when there shall be none.

    `CHAT3_CONFIG` names it, or switches it off by being empty.
    """
    if "CHAT3_CONFIG" in environ:
        return Path(environ["CHAT3_CONFIG"]) if environ["CHAT3_CONFIG"] else None
    base = environ.get("XDG_CONFIG_HOME") or ""
    if os.path.isabs(base):  # noqa: PTH117 - XDG: a relative path is no path
        return Path(base) / "chat3" / "config.toml"
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(home) / ".config" / "chat3" / "config.toml" if home else None


def name(text: str) -> str:
    """Read a profile's name; raise `ValueError`."""
    if not _NAME.fullmatch(text):
        raise SettingsError(f"{text!r} is no name of a profile: {NAME_RULE}")
    return text


def load(place: Path | None) -> Config:
    """Read the config file; without one there are no profiles.

    Raises `SettingsError`.
    """
    if place is None:
        return Config()
    try:
        with place.open("rb") as file:
            _check_private(place, os.fstat(file.fileno()))
            text = file.read(LARGEST + 1)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        why = error.strerror or error
        raise SettingsError(
            f"cannot read {place}: {why} (CHAT3_CONFIG= goes without a config file)"
        ) from None
    if len(text) > LARGEST:
        raise SettingsError(f"{place} is no config file: it has more than {LARGEST} bytes")
    try:
        return _checked(tomllib.loads(text.decode()))
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{place} cannot be used: {error}") from None


@contextlib.contextmanager
def changing(place: Path | None) -> Iterator[dict[str, Any]]:
    """Give `default` and `profiles` to change, and write them; one process at a time does.

    Raises `SettingsError`.
    """
    if place is None:
        raise SettingsError("there is no place for a config file: set HOME or CHAT3_CONFIG")
    target = place.resolve()  # a link stays a link
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(target.parent):
            config = load(target)
            changed: dict[str, Any] = {"default": config.default, "profiles": dict(config.profiles)}
            yield changed
            _write(target, _text(Config(**changed)))
    except OSError as error:
        raise SettingsError(f"cannot write {place}: {error.strerror or error}") from None


def _check_private(place: Path, status: os.stat_result) -> None:
    if os.name == "posix" and status.st_mode & _OTHERS:
        raise SettingsError(
            f"others on this machine may read or change {place}: run `chmod 600 {place}`, "
            "and change the API keys in it if others work on this machine"
        )


def _checked(document: Mapping[str, Any]) -> Config:
    for key in document:
        if key not in ("default", "profiles"):
            raise SettingsError(f"no such setting: {key!r}{meant(key, ('default', 'profiles'))}")
    profiles = document.get("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(it, dict) for it in profiles.values()):
        raise SettingsError("each profile is a table, such as [profiles.work]")
    for profile_name, profile in profiles.items():
        name(profile_name)
        for key, value in profile.items():
            _check_setting(profile_name, key, value)
    default = document.get("default", "")
    if not isinstance(default, str):
        raise SettingsError("default is the name of a profile, in quotes")
    config = Config(default, profiles)
    if config.default:
        config.profile(config.default, "the default")
    return config


def _check_setting(profile_name: str, key: str, value: object) -> None:
    where = f"profile {profile_name!r}"
    if key != KEYRING and key not in BY_NAME:
        raise SettingsError(f"{where}: no such setting: {key!r}{meant(key, (*BY_NAME, KEYRING))}")
    if key in SWITCHES:
        if not isinstance(value, bool):
            raise SettingsError(f"{where}: {key} is true or false")
    elif not isinstance(value, str):
        raise SettingsError(f"{where}: {key} is a text in quotes")
    if key == KEYRING and value not in SECRETS:
        raise SettingsError(f"{where}: {KEYRING} is one of {', '.join(SECRETS)}")


def _text(config: Config) -> str:
    lines = [_HEAD]
    if config.default:
        lines.append(f"default = {_value(config.default)}\n")
    for profile_name, profile in config.profiles.items():
        lines.append(f"\n[profiles.{_value(profile_name)}]\n")
        lines += [f"{key} = {_value(value)}\n" for key, value in profile.items()]
    return "".join(lines)


def _value(value: object) -> str:
    """Give a value in TOML: a text is as in JSON, except that DEL has to be escaped, too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(target: Path, text: str) -> None:
    # A new file that takes the old one's place; mkstemp makes it readable by its owner alone.
    descriptor, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process changes the config file."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
