"""Metrics of who is let in: rates and tokens."""

from typing import Literal

from chat3_user.metrics.instruments import Instruments

Subject = Literal["user", "key", "address"]


class RateMetrics:
    """Counts decisions on rates."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Rates")
        self._decisions = instruments.counter(
            "chat3_rate_decisions_total",
            "Calls that were checked against a rate limit: of a `user`, of an API `key`,"
            " or of refused keys from one `address` (counted only when `refused`).",
            "subject",
            "kind",
            "decision",
            source="rates",
        )
        self._failures = instruments.counter(
            "chat3_rate_store_failures_total",
            "How often the shared store of rate limits failed; each worker then counts"
            " separately for a while.",
            source="rates",
        )

    def allowed(self, subject: Subject, kind: str) -> None:
        """Count a call that a rate allowed."""
        self._decisions.labels(subject, kind, "allowed").inc()

    def refused(self, subject: Subject, kind: str) -> None:
        """Count a call that was one too many."""
        self._decisions.labels(subject, kind, "refused").inc()

    def store_failed(self) -> None:
        """Count a failure of the shared store."""
        self._failures.inc()


class TokenMetrics:
    """Counts decisions on bearer tokens."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Tokens")
        tokens = instruments.counter(
            "chat3_bearer_tokens_total",
            "Bearer tokens of calls, by decision: `accepted`, or the reason of the"
            " refusal in lower case.",
            "outcome",
            source="the call chain",
        )
        self._tokens = tokens
        self._accepted = tokens.labels("accepted")
        self._created = instruments.counter(
            "chat3_user_tokens_issued_total",
            "Tokens that `CreateUserToken` issued.",
            source="tokens",
        )
        self._issuer_keys = instruments.counter(
            "chat3_token_issuer_key_reads_total",
            "Reads of the token issuer's public keys, by outcome.",
            "outcome",
            source="tokens",
            at_zero=[("read",), ("failed",)],
        )

    def accepted(self) -> None:
        """Count a call with a bearer token that was accepted; there is one with every such call."""
        self._accepted.inc()

    def refused(self, reason: str) -> None:
        """Count a call with a bearer token that was refused."""
        self._tokens.labels(reason).inc()

    def created(self) -> None:
        """Count a token that was created."""
        self._created.inc()

    def issuer_keys(self, outcome: str) -> None:
        """Count a reading of the keys of the tokens' issuer."""
        self._issuer_keys.labels(outcome).inc()
