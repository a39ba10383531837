"""What to do about a failure at a shell prompt, by its reason."""

from collections.abc import Mapping

from chat3_api.chat3.user.v1 import ErrorReason

_SOURCE = "`chat3 whoami` shows where it comes from"

HINTS: Mapping[ErrorReason, str] = {
    ErrorReason.API_KEY_MISSING: "run `chat3 login`, or give --api-key-file",
    ErrorReason.API_KEY_INVALID: (
        "the platform does not know this API key, or it has expired or was switched off; " + _SOURCE
    ),
    ErrorReason.PERMISSION_MISSING: (
        "the API key lacks a permission: whoever manages the tenant's keys can add it"
    ),
    ErrorReason.TENANT_NOT_FOUND: f"check the tenant's id; {_SOURCE}",
    ErrorReason.USER_NOT_FOUND: (
        "check the user's id; `chat3 tenant users create ID` creates a user"
    ),
    ErrorReason.UPSTREAM_UNAVAILABLE: (
        "the platform behind the service (tenant-api) does not answer: try again later, or tell "
        "the operators; their /readyz names the cause"
    ),
    ErrorReason.UPSTREAM_INVALID_RESPONSE: (
        "what the service takes for the platform gives wrong answers: tell the operators"
    ),
    ErrorReason.UPDATES_UNAVAILABLE: (
        "the service has lost its broker (RabbitMQ): calls work, updates do not; tell the operators"
    ),
    ErrorReason.UPDATES_LOG_UNAVAILABLE: (
        "the service has no updates log: its operators find the cause in /readyz"
    ),
    ErrorReason.TOKEN_INVALID: "get a new token, and check that it was copied whole",
    ErrorReason.TOKEN_EXPIRED: "get a new token: `chat3 tenant tokens create USER_ID`",
    ErrorReason.TOKEN_NOT_YET_VALID: (
        "the clock of the machine that created the token is ahead of the service's: set it, and "
        "get a new token"
    ),
    ErrorReason.TOKEN_KEY_UNKNOWN: (
        "the token is of another service, or its key was retired: get a new one from this service"
    ),
    ErrorReason.TOKEN_NOT_ACCEPTED: (
        "the token is not meant for this service; commands of `chat3 tenant` need an API key"
    ),
    ErrorReason.TOKENS_NOT_CONFIGURED: (
        "the service takes no tokens until its operators set TOKEN_KEYS; use an API key"
    ),
    ErrorReason.TOKEN_REVOKED: (
        "the API key behind the token is gone: get a token that another key creates"
    ),
    ErrorReason.RESUME_TOKEN_INVALID: (
        "begin without a token, and read dialogs and messages again: what changed meanwhile is not "
        "in the updates"
    ),
    ErrorReason.RESUME_TOKEN_FOREIGN: (
        "keep one --resume-file for each user and tenant; this one belongs to somebody else"
    ),
}

UNREACHABLE = "`chat3 doctor` finds out why"

_BY_NAME = {f"ERROR_REASON_{reason.name}": text for reason, text in HINTS.items()}


def hint(reason: str, *, reached: bool = True) -> str:
    """Say what to do about a failure; empty when its text says it all."""
    return UNREACHABLE if not reached else _BY_NAME.get(reason, "")
