"""The tokens as the settings want them, and what is wrong with the settings."""

import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path

from yarl import URL

from chat3_user.errors import CallError
from chat3_user.settings import ConfigError
from chat3_user.tls.outgoing import upstream_tls
from chat3_user.tokens.issuer import ALGORITHMS, Accepted, IssuerTokens
from chat3_user.tokens.issuer_keys import IssuerKeys
from chat3_user.tokens.key_set import KeySetError, public_keys
from chat3_user.tokens.key_source import key_source
from chat3_user.tokens.keyring import token_keys
from chat3_user.tokens.sealed import SealedTokens
from chat3_user.tokens.settings import IssuerSettings, TokenSettings
from chat3_user.tokens.user_tokens import UserTokens
from chat3_user.validation import parse_identity
from chat3_user.validation.identity import API_KEY_WORDS


def user_tokens(
    own: TokenSettings,
    issuer: IssuerSettings,
    ca_file: str,
    count_created: Callable[[], None],
    count_reading: Callable[[str], None],
    clock: Callable[[], float] = time.time,
) -> tuple[UserTokens, IssuerKeys | None]:
    """Return the tokens, and the keys of the issuer, if there is one; those are to be opened.

    Raises `ConfigError`.
    """
    keys = token_keys(own.keys)
    sealed = SealedTokens(keys, clock) if keys else None
    if not issuer.issuer:
        return UserTokens(sealed, None, clock, count_created), None
    issuer_keys = IssuerKeys(key_source(issuer.keys, upstream_tls(ca_file)), count_reading)
    accepted = Accepted(
        issuer=issuer.issuer,
        audience=issuer.audience,
        algorithms=_listed(issuer.algorithms),
        tenant_claim=issuer.tenant_claim,
        user_claim=issuer.user_claim,
        tenants=_listed(issuer.tenants.lower()),
        api_key=issuer.api_key,
    )
    issuers = IssuerTokens(accepted, issuer_keys, clock)
    return UserTokens(sealed, issuers, clock, count_created), issuer_keys


def problems(own: TokenSettings, issuer: IssuerSettings) -> Iterator[str]:
    """Yield what is wrong with the settings: a line each, which begins with its variable."""
    try:
        token_keys(own.keys)
    except ConfigError as error:
        yield from error.problems
    needed = {
        "TOKEN_ISSUER_KEYS": issuer.keys,
        "TOKEN_ISSUER_AUDIENCE": issuer.audience,
        "TOKEN_ISSUER_API_KEY": issuer.api_key,
    }
    if not issuer.issuer:
        for variable in (name for name, value in needed.items() if value):
            yield f"{variable}: needs TOKEN_ISSUER"
        return
    for variable in (name for name, value in needed.items() if not value):
        yield f"{variable}: required, because TOKEN_ISSUER is set"
    if "://" in issuer.keys and not _is_safe(issuer.keys):
        yield "TOKEN_ISSUER_KEYS: expected a file, or a URL that begins with https://"
    algorithms = _listed(issuer.algorithms)
    if not algorithms or not set(algorithms) <= set(ALGORITHMS):
        yield f"TOKEN_ISSUER_ALGORITHMS: expected some of {', '.join(ALGORITHMS)}"
    if not all(_is_identity("a", each) for each in _listed(issuer.tenants)):
        yield "TOKEN_ISSUER_TENANTS: expected ids of tenants, separated by commas"
    if issuer.api_key and not _is_identity(issuer.api_key, "a"):
        yield f"TOKEN_ISSUER_API_KEY: expected {API_KEY_WORDS}"


def check_key_file(issuer: IssuerSettings) -> None:
    """Check that the file of the issuer's keys can be read.

    An address need not answer yet: its keys are asked for until they come. Raises `ConfigError`.
    """
    if not issuer.issuer or "://" in issuer.keys:
        return
    try:
        public_keys(Path(issuer.keys).read_bytes())
    except (OSError, KeySetError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"TOKEN_ISSUER_KEYS: {issuer.keys}: {reason}") from error


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for entry in text.split(",") if (part := entry.strip()))


def _is_identity(api_key: str, tenant_id: str) -> bool:
    try:
        parse_identity({"x-api-key": api_key, "x-tenant-id": tenant_id, "x-user-id": "a"})
    except CallError:
        return False
    return True


def _is_safe(address: str) -> bool:
    """Return whether an address cannot be answered by somebody else: by TLS, or on this machine."""
    try:
        url = URL(address)
        host = url.host or ""
    except ValueError:
        return False
    if url.scheme == "https":
        return bool(host)
    try:
        return url.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False
