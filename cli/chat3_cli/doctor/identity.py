"""Says which part of an identity the service accepts and which it refuses: key, tenant, user."""

from collections.abc import Sequence
from datetime import UTC, datetime

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_cli.caller import Caller
from chat3_cli.doctor.findings import Finding, doubtful, fine, not_checked, refused
from chat3_cli.failures import hint_of, title
from chat3_cli.session import Identity
from chat3_cli.token_end import in_words, is_soon
from chat3_client import Chat3Error

_PART_OF_REASON = {
    ErrorReason.API_KEY_MISSING: "key",
    ErrorReason.API_KEY_INVALID: "key",
    ErrorReason.PERMISSION_MISSING: "key",
    ErrorReason.TENANT_NOT_FOUND: "tenant",
    ErrorReason.USER_NOT_FOUND: "user",
    ErrorReason.TOKEN_INVALID: "token",
    ErrorReason.TOKEN_EXPIRED: "token",
    ErrorReason.TOKEN_NOT_YET_VALID: "token",
    ErrorReason.TOKEN_KEY_UNKNOWN: "token",
    ErrorReason.TOKEN_NOT_ACCEPTED: "token",
    ErrorReason.TOKENS_NOT_CONFIGURED: "token",
    ErrorReason.TOKEN_REVOKED: "token",
}
_PART_OF_METADATA = {
    "metadata.x-api-key": "key",
    "metadata.x-tenant-id": "tenant",
    "metadata.x-user-id": "user",
    "metadata.authorization": "token",
}
_BY_NAME = {f"ERROR_REASON_{reason.name}": part for reason, part in _PART_OF_REASON.items()}
_CORRECT = "correct it; `chat3 whoami` shows where it comes from"


def parts(identity: Identity | None) -> Sequence[str]:
    """Name the parts of an identity, in the order in which the platform judges them."""
    return (
        ("token", "user") if identity is not None and identity.token else ("key", "tenant", "user")
    )


def accepted(caller: Caller) -> Sequence[Finding]:
    """Say what the service accepted."""
    if caller.by_token:
        first = [_accepted_token(caller.token_ends, datetime.now(UTC))]
    else:
        first = [fine("key", "it is accepted"), fine("tenant", f"{caller.tenant} exists")]
    name = f" ({caller.display_name})" if caller.display_name else ""
    user = f"{caller.user}{name} exists" if caller.user else "none: the caller is a back end"
    return [*first, fine("user", user)]


def _accepted_token(ends: datetime | None, now: datetime) -> Finding:
    if ends is None:
        return fine("token", "it is accepted")
    text = f"it is accepted until {in_words(ends, now)}"
    if not is_soon(ends, now):
        return fine("token", text)
    return doubtful("token", text, "get a new one: `chat3 tenant tokens create USER_ID`")


def judged(error: Chat3Error, identity: Identity) -> Sequence[Finding]:
    """Say which part was refused; nothing when the failure is not about the identity."""
    problems = {
        _PART_OF_METADATA[broken.field]: (broken.description, _CORRECT)
        for broken in error.violations
        if broken.field in _PART_OF_METADATA
    }
    part = _BY_NAME.get(error.reason)
    if part is not None:
        problems = {part: (title(error), hint_of(error) or _CORRECT)}
    names = parts(identity)
    if problems and not problems.keys() & set(names):
        # The API key behind a token lacks a permission.
        problems = {names[0]: next(iter(problems.values()))}
    if not problems:
        return ()
    findings, clear = [], part is not None
    for name in names:
        if name in problems:
            findings.append(refused(name, *problems[name]))
            clear = False
        elif clear:
            findings.append(fine(name, "it is accepted"))
        else:
            findings.append(not_checked(name, "something else was refused before"))
    return findings
