"""Runs the checks in their order; what cannot be checked any more says so."""

from collections.abc import AsyncIterator

from chat3_cli.connection import tls_context
from chat3_cli.doctor import reaching, serving
from chat3_cli.doctor.findings import Finding, fine, misset, not_checked
from chat3_cli.doctor.identity import parts
from chat3_cli.session import Identity, Session, Target
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.identity import WAYS_OF_A_KEY, identity, token_that_counts
from chat3_cli.settings.precedence import Settings

_NO_WAY = "the service is not reached"


async def examined(settings: Settings, patience: float) -> AsyncIterator[Finding]:
    """Give the findings one by one; each step waits `patience` seconds at most."""
    caller, finding = _caller(settings)
    yield finding
    seen: set[str] = set()
    async for finding in _in_order(settings, caller, patience):
        seen.add(finding.check)
        yield finding
    for check in (*reaching.CHECKS, "service", *parts(caller), "platform", "updates", "clock"):
        if check not in seen and check != "tls":  # plaintext has none
            yield not_checked(check, _NO_WAY)


async def _in_order(
    settings: Settings, caller: Identity | None, patience: float
) -> AsyncIterator[Finding]:
    target, finding = reaching.located(settings, patience)
    yield finding
    if target is None:
        return
    async for finding in reaching.way(target, with_certificate=bool(settings.text("cert"))):
        yield finding
    if finding.exit_code:
        return
    async for finding in _served(target, caller):
        yield finding
    yield await serving.clock(target, tls_context(settings, alpn="http/1.1"))


async def _served(target: Target, caller: Identity | None) -> AsyncIterator[Finding]:
    async with Session(target, caller or Identity("", "", ""), attempts=1) as session:
        yield await serving.service(session)
        if caller is None:
            for check in (*parts(caller), "platform", "updates"):
                yield not_checked(check, "the settings do not say who calls")
            return
        findings = await serving.called(session, caller)
        for finding in findings:
            yield finding
        if any(finding.exit_code for finding in findings):
            yield not_checked("updates", "calls fail")
        elif not (caller.user or caller.token):
            yield not_checked("updates", "a stream needs a user: give --user")
        else:
            yield await serving.updates(session)


def _caller(settings: Settings) -> tuple[Identity | None, Finding]:
    """Say in whose name the calls are made; nobody when the settings are wrong."""
    shown = f"profile {settings.profile} ({settings.profile_source})" if settings.profile else ""
    try:
        user = bool(settings.text("user") or token_that_counts(settings))
        caller = identity(settings, needed=("user", "api_key") if user else ("api_key",))
    except SettingsError as error:
        advice = f"give {WAYS_OF_A_KEY}" if "give" not in str(error) else "then try again"
        return None, misset("settings", str(error), advice)
    return caller, fine("settings", shown or "no profile: options, environment and defaults")
