"""`chat3 profiles`: the profiles of the config file, without their secrets."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat3_cli import json_output
from chat3_cli.failures import EXIT_OK
from chat3_cli.local import Context, Local
from chat3_cli.settings import config_file, credentials
from chat3_cli.settings.config_file import Config, Profile
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.known import KEYRING
from chat3_cli.style import CYAN, DIM
from chat3_cli.table import Column, Table


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a profile."""

    name: str
    default: bool
    profile: Profile

    @property
    def secret(self) -> str:
        """Say where its key or token is."""
        if KEYRING in self.profile:
            return f"{self._word(str(self.profile[KEYRING]))} in the keyring"
        for name in credentials.WORDS:
            if f"{name}_file" in self.profile:
                return f"{self._word(name)} in {self.profile[f'{name}_file']}"
            if name in self.profile:
                return f"{self._word(name)} in the config file"
        return ""

    def text(self, name: str) -> str:
        """Give one of its settings."""
        return str(self.profile.get(name, ""))

    def _word(self, name: str) -> str:
        return credentials.WORDS[name]


_COLUMNS: Sequence[Column[Shown]] = (
    Column[Shown](header="", cell=lambda it: "*" if it.default else " "),
    Column[Shown](header="PROFILE", cell=lambda it: it.name, colour=CYAN),
    Column[Shown](header="ADDRESS", cell=lambda it: it.text("address")),
    Column[Shown](header="TENANT", cell=lambda it: it.text("tenant")),
    Column[Shown](header="USER", cell=lambda it: it.text("user")),
    Column[Shown](header="IDENTITY", cell=lambda it: it.secret, text=True, colour=DIM),
)


@dataclass(frozen=True, kw_only=True)
class ListProfiles(Local):
    """The command that lists the profiles."""

    reads_profile: bool = False

    def perform(self, context: Context) -> int:
        """Print them, or their names alone."""
        out, config = context.out, config_file.load(context.config_path)
        if context.args.names:
            for name in config.profiles:
                out.line(name)
            return EXIT_OK
        shown = _shown(config)
        if out.as_json:
            for each in shown:
                out.line(json_output.dump(_document(each)))
            return EXIT_OK
        if not shown:
            out.note("there are no profiles: `chat3 login` makes one")
            return EXIT_OK
        for line in Table(_COLUMNS, context.args, out.style, out.columns).lines(shown):
            out.line(line)
        return EXIT_OK


@dataclass(frozen=True, kw_only=True)
class UseProfile(Local):
    """The command that says which profile counts when none is named."""

    reads_profile: bool = False

    def perform(self, context: Context) -> int:
        """Change the default."""
        name = context.args.name
        with config_file.changing(context.config_path) as config:
            Config("", config["profiles"]).profile(name, "named on the command line")
            config["default"] = name
        context.out.line(_done(context, f"profile {name} is the default", profile=name))
        return EXIT_OK


@dataclass(frozen=True, kw_only=True)
class RemoveProfile(Local):
    """The command that removes a profile, with its key in the keyring."""

    reads_profile: bool = False

    def perform(self, context: Context) -> int:
        """Remove it; a keyring that cannot be used does not keep it."""
        name, out = context.args.name, context.out
        with config_file.changing(context.config_path) as config:
            profile = Config("", config["profiles"]).profile(name, "named on the command line")
            del config["profiles"][name]
            if config["default"] == name:
                config["default"] = ""
        if KEYRING in profile:
            try:
                credentials.out_of_keyring(name)
            except SettingsError as error:
                out.warning(f"the keyring may still have its key: {error}")
        out.line(_done(context, f"profile {name} is removed", profile=name))
        return EXIT_OK


def _shown(config: Config) -> list[Shown]:
    return [
        Shown(name, name == config.default, profile) for name, profile in config.profiles.items()
    ]


def _document(shown: Shown) -> dict[str, object]:
    secrets = credentials.WORDS.keys()
    open_ = {key: value for key, value in shown.profile.items() if key not in secrets}
    return {"profile": shown.name, "default": shown.default, **open_}


def _done(context: Context, text: str, **known: object) -> str:
    return json_output.dump(known) if context.out.as_json else text
