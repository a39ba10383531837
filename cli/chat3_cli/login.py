"""`chat3 login`: asks where the service is and who calls, checks it, and keeps it."""

import asyncio
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chat3_cli import json_output, prompts
from chat3_cli.caller import Caller, ask_who
from chat3_cli.doctor import peer, reaching
from chat3_cli.doctor.findings import Finding
from chat3_cli.doctor.peer import Speaks
from chat3_cli.failures import EXIT_OK
from chat3_cli.local import Context, Local
from chat3_cli.session import Session, Target
from chat3_cli.settings import config_file, credentials
from chat3_cli.settings.config_file import Profile
from chat3_cli.settings.credentials import Secret
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.identity import identity
from chat3_cli.settings.known import BY_NAME, KEYRING
from chat3_cli.settings.precedence import Found, Level, Settings, read

STEP_SECONDS = 10.0
_OWN_TOKENS = "a token of the user"


class WrongWayError(Exception):
    """The service is not reached; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


@dataclass(frozen=True, kw_only=True)
class Login(Local):
    """The command that makes a profile."""

    reads_profile: bool = False

    def perform(self, context: Context) -> int:
        """Ask what is not given, check it, and write it; nothing is written when a check fails."""
        args, out = context.args, context.out
        name = config_file.name(args.name)
        old = _old(context, name)
        try:
            settings, secret = _asked(context.settings, old)
            caller = asyncio.run(_checked(settings, args.timeout or STEP_SECONDS))
        except WrongWayError as error:
            out.complaint(f"{error.finding.text}; {error.finding.advice}")
            return error.finding.exit_code
        profile = _profile(settings, secret, into_keyring=args.keyring)
        if args.keyring:
            credentials.into_keyring(name, secret.read())
        with config_file.changing(context.config_path) as config:
            config["profiles"][name] = profile
            if args.default or not config["default"]:
                config["default"] = name
            default = config["default"] == name
        out.line(_done(context, name, caller, default=default))
        return EXIT_OK


def _old(context: Context, name: str) -> Profile:
    """Give the profile that is about to be replaced, if there is one and that is wanted."""
    old = config_file.load(context.config_path).profiles.get(name, {})
    if old and not context.args.replace:
        shown = f"profile {name!r} exists ({old.get('address', '')})"
        if not prompts.can_ask():
            raise SettingsError(f"{shown}: give --replace, or another name")
        if not prompts.yes(f"{shown}. Replace it?"):
            raise KeyboardInterrupt
    return old


def _asked(given: Settings, old: Profile) -> tuple[Settings, Secret]:
    """Complete what is given: ask where somebody sits at a terminal, else take what there is."""
    found = dict(given.found)
    _complete(found, "address", "Address of the service, HOST:PORT", old)
    if "tls" not in found and not (found.keys() & {"ca", "cert"}):
        found["tls"] = Found(asyncio.run(_speaks_tls(Settings(found))), Level.DEFAULT, "asked")
    secret = _secret(Settings(found))
    found = {key: value for key, value in found.items() if not key.startswith(("api_key", "token"))}
    found[secret.name] = Found(secret.read(), secret.level, secret.source)
    if secret.name == "api_key":
        _complete(found, "tenant", "Tenant", old)
        _complete(found, "user", "User who acts; empty for a back end", old)
    else:
        beside = [name for name in ("tenant", "user") if given.level(name) is Level.OPTION]
        if beside:
            raise SettingsError(f"a token says it itself: leave out --{beside[0]}")
        for name in ("tenant", "user"):
            found.pop(name, None)
    return Settings(found), secret


def _complete(found: dict[str, Found], name: str, question: str, old: Profile) -> None:
    """Ask for a setting that no option gives, until it is right."""
    now = found.get(name)
    if now is not None and now.level is Level.OPTION:
        return
    text = str(now.value) if now is not None and now.level is not Level.DEFAULT else ""
    default = text or str(old.get(name, "")) or BY_NAME[name].default
    while True:
        answer = prompts.ask(question, default) if prompts.can_ask() else default
        candidate = Found(answer, Level.OPTION, f"--{name}")
        try:
            if answer:
                read(BY_NAME[name], candidate)
        except SettingsError as error:
            if not prompts.can_ask():
                raise
            prompts.say(str(error).partition(": ")[2])
            continue
        found[name] = candidate
        return


def _secret(settings: Settings) -> Secret:
    """Say which key or token is to be kept; ask for it where none is given."""
    key, token = credentials.find(settings, "api_key"), credentials.find(settings, "token")
    if key is not None and token is not None and key.level == token.level:
        raise SettingsError("give an API key or a token, not both")
    given = min(filter(None, (key, token)), key=lambda it: it.level, default=None)
    if given is not None:
        # Standard input can be read once only.
        return replace(given, value=given.read(), file="") if given.file == "-" else given
    if not prompts.can_ask():
        raise prompts.needs_terminal("--api-key-file (- is standard input) or --token-file")
    text = prompts.ask_secret("API key; empty for " + _OWN_TOKENS)
    name = "api_key" if text else "token"
    text = text or prompts.ask_secret("Token")
    return Secret(name, Level.OPTION, "the terminal", value=text)


async def _speaks_tls(settings: Settings) -> bool:
    """Find out whether the service speaks TLS; what cannot be reached counts as plaintext."""
    host, port = settings.value("address")
    target = Target(host, port, None, STEP_SECONDS)
    try:
        if await peer.first_words(target, None, STEP_SECONDS) is Speaks.HTTP2:
            return False
    except (OSError, TimeoutError):
        return False
    return await peer.speaks_tls(target, STEP_SECONDS)


async def _checked(settings: Settings, patience: float) -> Caller:
    """Go all the way to the service, and ask it who calls.

    Raises `WrongWayError`, `SettingsError` and `Chat3Error`.
    """
    target, finding = reaching.located(settings, patience)
    if target is None:
        raise WrongWayError(finding)
    async for finding in reaching.way(target, with_certificate=bool(settings.text("cert"))):
        if finding.exit_code:
            raise WrongWayError(finding)
    of_user = bool(settings.text("user") or settings.text("token"))
    who = identity(settings, needed=("user", "api_key") if of_user else ("api_key",))
    async with Session(target, who) as session:
        return await ask_who(session, who)


def _profile(settings: Settings, secret: Secret, *, into_keyring: bool) -> Profile:
    """Say what the config file is to hold."""
    profile: dict[str, Any] = {"address": settings.text("address")}
    if settings.value("tls"):
        profile["tls"] = True
    for name in ("ca", "cert", "key"):
        if settings.text(name):
            profile[name] = _absolute(settings.text(name))
    for name in ("tenant", "user"):
        if settings.text(name):
            profile[name] = settings.text(name)
    if into_keyring:
        profile[KEYRING] = secret.name
    elif secret.file:
        profile[f"{secret.name}_file"] = _absolute(secret.file)
    else:
        profile[secret.name] = secret.read()
    return profile


def _absolute(path: str) -> str:
    # Not resolved: what a link points to may change.
    return os.path.abspath(Path(path).expanduser())  # noqa: PTH100


def _done(context: Context, name: str, caller: Caller, *, default: bool) -> str:
    if context.out.as_json:
        return json_output.dump(
            {
                "profile": name,
                "default": default,
                "path": str(context.config_path),
                "user": caller.user,
                "tenant": caller.tenant,
            }
        )
    use = "it is the default" if default else f"use it by --profile {name}"
    return f"{caller.in_words}: profile {name} is in {context.config_path}; {use}"
