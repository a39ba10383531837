"""Tokens of a customer's own issuer: signed by its keys, and checked by its claims (JWS)."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from chat3_user.errors import token_reasons
from chat3_user.tokens.bearer import Bearer, check_times
from chat3_user.tokens.issuer_keys import IssuerKeys
from chat3_user.validation import parse_claims

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519"),
)
"""The algorithms that an operator may allow: asymmetric ones only."""

_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_KEY_ID_LENGTH: Final = 255
_FAR: Final = 10**15
"""Unix seconds that are for ever; a number of a claim may be longer than a float."""

_REFUSED_IN_HEAD: Final = frozenset({"b64", "crit", "jku", "jwk", "x5c", "x5u", "zip"})
"""What would change how a token is read, or brings the key that it is to be checked by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Whose tokens are accepted, what they have to say, and the API key to make their calls with.

    Empty ``tenants`` accept any.
    """

    issuer: str
    audience: str
    algorithms: Collection[str]
    tenant_claim: str
    user_claim: str
    tenants: Collection[str]
    api_key: str = field(repr=False)


class IssuerTokens:
    """Reads the tokens of one issuer; ``clock`` in Unix seconds."""

    def __init__(self, accepted: Accepted, keys: IssuerKeys, clock: Callable[[], float]) -> None:
        self.keys = keys
        self._accepted = accepted
        self._clock = clock
        self._registry = jws.JWSRegistry(algorithms=accepted.algorithms, strict_check_header=False)

    async def read(self, token: str) -> Bearer:
        """Return what a token proves.

        Raises `CallError`.
        """
        if _FORM.fullmatch(token) is None:
            raise token_reasons.token_invalid()
        try:
            signed = jws.extract_compact(token.encode(), registry=self._registry)
            head: Any = signed.headers()
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise token_reasons.token_invalid() from error
        key = await self.keys.key(self._key_id(head))
        try:
            genuine = jws.validate_compact(signed, key, registry=self._registry)
        except (JoseError, ValueError, TypeError) as error:
            raise token_reasons.token_invalid() from error
        if not genuine:
            raise token_reasons.token_invalid()
        return self._proved(signed.payload)

    def _key_id(self, head: Any) -> str:
        if not isinstance(head, dict) or not _REFUSED_IN_HEAD.isdisjoint(head):
            raise token_reasons.token_invalid()
        algorithm, id_ = head.get("alg"), head.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self._accepted.algorithms:
            raise token_reasons.token_invalid()
        if not isinstance(id_, str) or not 1 <= len(id_) <= _KEY_ID_LENGTH:
            raise token_reasons.token_invalid()
        return id_

    def _proved(self, payload: bytes) -> Bearer:
        """Return what valid claims prove; issuer and audience are checked first, then times."""
        accepted = self._accepted
        try:
            claims: dict[str, Any] = msgspec.json.decode(payload, type=dict[str, Any])
        except (ValueError, RecursionError) as error:
            raise token_reasons.token_invalid() from error
        if claims.get("iss") != accepted.issuer:
            raise token_reasons.token_not_accepted("issuer")
        audience = claims.get("aud")
        if accepted.audience not in (audience if isinstance(audience, list) else (audience,)):
            raise token_reasons.token_not_accepted("audience")
        expires_at = _time(claims.get("exp"))
        begins_at = max(_time(claims.get("nbf", 0)), _time(claims.get("iat", 0)))
        check_times(self._clock(), begins_at=begins_at, expires_at=expires_at)
        tenant, user = claims.get(accepted.tenant_claim), claims.get(accepted.user_claim)
        if not isinstance(tenant, str) or not isinstance(user, str):
            raise token_reasons.token_invalid()
        identity = parse_claims(accepted.api_key, tenant, user)
        if identity is None:
            raise token_reasons.token_invalid()
        if accepted.tenants and identity.tenant_id not in accepted.tenants:
            raise token_reasons.token_not_accepted("tenant")
        return Bearer(identity, expires_at)


def _time(value: object) -> float:
    """Return a time (Unix seconds).

    Raises `CallError` for what is no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise token_reasons.token_invalid()
    return float(max(-_FAR, min(value, _FAR)))
