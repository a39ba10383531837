"""Constructors of the failures of bearer tokens: none says more than an attacker may learn."""

from typing import Literal

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors._failures import CallError


def token_invalid() -> CallError:
    """Return the failure for a token that is not genuine, whatever is wrong with it."""
    return CallError(ErrorReason.TOKEN_INVALID, "the token is invalid; get a new one")


def token_expired() -> CallError:
    """Return the failure for a token that has expired."""
    return CallError(ErrorReason.TOKEN_EXPIRED, "the token has expired; get a new one")


def token_not_yet_valid() -> CallError:
    """Return the failure for a token whose times begin in the future."""
    return CallError(ErrorReason.TOKEN_NOT_YET_VALID, "the token is not valid yet")


def token_key_unknown() -> CallError:
    """Return the failure for a token whose key this service does not have."""
    return CallError(
        ErrorReason.TOKEN_KEY_UNKNOWN, "the service does not have the token's key; get a new token"
    )


def token_not_accepted(because: Literal["audience", "issuer", "service", "tenant"]) -> CallError:
    """Return the failure for a token that is not meant for this call; ``because`` of what."""
    return CallError(
        ErrorReason.TOKEN_NOT_ACCEPTED,
        f"the service does not accept the {because} of the token"
        if because != "service"
        else "TenantService does not accept user tokens; send an API key",
        metadata={"because": because},
    )


def tokens_not_configured() -> CallError:
    """Return the failure for tokens where no keys are set for them."""
    return CallError(
        ErrorReason.TOKENS_NOT_CONFIGURED,
        "the service has no token keys; its operator has to set TOKEN_KEYS",
    )


def token_revoked() -> CallError:
    """Return the failure for a token whose API key the platform does not take any more."""
    return CallError(
        ErrorReason.TOKEN_REVOKED, "the API key behind the token is not valid; get a new token"
    )


def issuer_keys_unavailable() -> CallError:
    """Return the failure for a token that cannot be judged: its issuer's keys are not there."""
    return CallError(
        ErrorReason.UPSTREAM_UNAVAILABLE,
        "the keys of the token issuer cannot be read at the moment",
        retry_after=2.0,
    )
