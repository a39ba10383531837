"""Who calls: the identity that metadata names with an API key, or the one that a token proves."""

from collections.abc import Mapping

from chat3_user.calls.proof import LASTING, Proof
from chat3_user.calls.service import Service
from chat3_user.errors import CallError, token_reasons
from chat3_user.metrics.admission import TokenMetrics
from chat3_user.tokens import UserTokens
from chat3_user.validation import Identity, has_bearer, parse_bearer


class Callers:
    """Reads identities; nothing behind it knows how they were proved."""

    def __init__(self, tokens: UserTokens, metrics: TokenMetrics) -> None:
        self._tokens = tokens
        self._metrics = metrics

    async def identified(
        self, service: Service, metadata: Mapping[str, str]
    ) -> tuple[Identity, Proof]:
        """Return who calls a service, and for how long that is proved.

        Raises `CallError`.
        """
        if not has_bearer(metadata):
            return service.identify(metadata), LASTING
        try:
            identity, proof = await self._by_token(service, metadata)
        except CallError as error:
            self._metrics.refused((error.reason.name or "").lower())
            raise
        self._metrics.accepted()
        return identity, proof

    async def _by_token(
        self, service: Service, metadata: Mapping[str, str]
    ) -> tuple[Identity, Proof]:
        if not service.takes_tokens:
            raise token_reasons.token_not_accepted("service")
        bearer = await self._tokens.read(parse_bearer(metadata))
        return bearer.identity, Proof(bearer.expires_at)
