"""`chat3 whoami`: who the service thinks we are, and where each setting comes from."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chat3_cli import connection, json_output, views
from chat3_cli.caller import Caller, ask_who
from chat3_cli.failures import EXIT_OK
from chat3_cli.local import Context, Local
from chat3_cli.session import Identity, Session, Target
from chat3_cli.settings import credentials
from chat3_cli.settings.identity import identity, token_that_counts
from chat3_cli.settings.precedence import Settings
from chat3_cli.token_end import end_of_signed, in_words, is_soon
from chat3_cli.views import Record
from chat3_client import Chat3Error

_SHOWN = ("address", "tls", "ca", "cert", "key", "tenant", "user")
_OF_A_KEY = ("tenant", "user")


@dataclass(frozen=True, kw_only=True)
class Whoami(Local):
    """The command that asks the service who calls."""

    def perform(self, context: Context) -> int:
        """Ask, and print the answer with the source of each setting."""
        settings, out = context.settings, context.out
        target = connection.target(settings, context.args.timeout)
        named = bool(settings.text("user") or token_that_counts(settings))
        who = identity(settings, needed=("user", "api_key") if named else ("api_key",))
        try:
            caller: Caller | None = asyncio.run(_ask(target, who))
            failure = None
        except Chat3Error as error:
            # Then above all it matters where the settings come from.
            caller, failure = None, error
        sources = _sources(settings, by_token=bool(who.token))
        if out.as_json:
            out.line(json_output.dump(_document(caller, who, target, settings, sources)))
        else:
            record = _record(caller, who, settings, sources)
            for line in views.lines(record, out.style, out.columns):
                out.line(line)
        if failure is not None:
            raise failure
        return EXIT_OK


async def _ask(target: Target, who: Identity) -> Caller:
    async with Session(target, who) as session:
        return await ask_who(session, who)


def _sources(settings: Settings, *, by_token: bool) -> dict[str, str]:
    """Say where each setting that counts comes from, by name."""
    found = {
        name: settings.source(name)
        for name in _SHOWN
        if settings.source(name) and not (by_token and name in _OF_A_KEY)
    }
    name = "token" if by_token else "api_key"
    secret = credentials.find(settings, name)
    return {**found, name: secret.whence} if secret is not None else found


def _record(
    caller: Caller | None, who: Identity, settings: Settings, sources: dict[str, str]
) -> Record:
    shown = {"api_key": "API key", "token": "token"}
    fields: list[tuple[str, str | None]] = []
    if caller is not None:
        fields += [
            ("user", caller.user or "none: a back end"),
            ("name", caller.display_name),
            ("tenant", caller.tenant),
        ]
    fields += [
        ("by", "token" if who.token else "API key"),
        ("token ends", _end_in_words(_token_ends(caller, who)) if who.token else None),
        ("profile", settings.profile and f"{settings.profile} ({settings.profile_source})"),
    ]
    for name, source in sources.items():
        value = settings.text(name) if name in _SHOWN else ""
        label = shown.get(name, name)
        fields.append((f"{label} from", f"{source}{f': {value}' if value else ''}"))
    if caller is None:
        return Record("nobody, as the service sees it", fields)
    return Record(caller.user or f"back end of {caller.tenant}", fields)


def _token_ends(caller: Caller | None, who: Identity) -> datetime | None:
    """Return when the token ends, as the service says, or the token itself where it is refused."""
    return end_of_signed(who.token) if caller is None else caller.token_ends


def _end_in_words(ends: datetime | None) -> str:
    if ends is None:
        return "only the service can read that"
    now = datetime.now(UTC)
    return in_words(ends, now) + (": get a new one" if is_soon(ends, now) else "")


def _document(
    caller: Caller | None,
    who: Identity,
    target: Target,
    settings: Settings,
    sources: dict[str, str],
) -> dict[str, Any]:
    ends = _token_ends(caller, who)
    known: dict[str, Any] = {
        "user": caller.user if caller is not None else "",
        "displayName": caller.display_name if caller is not None else "",
        "tenant": caller.tenant if caller is not None else "",
        "by": "token" if who.token else "api_key",
        "tokenExpireTime": ends.strftime("%Y-%m-%dT%H:%M:%SZ") if ends else "",
        "address": target.address,
        "tls": target.tls is not None,
        "profile": settings.profile,
        "sources": sources,
    }
    return {key: value for key, value in known.items() if value != ""}
