"""All tokens that prove a user: read by the part that knows their form, and remembered."""

import hashlib
import time
from collections.abc import Callable
from typing import Final

from cachetools import TLRUCache

from chat3_user.errors import token_reasons
from chat3_user.tokens.bearer import LONGEST, Bearer
from chat3_user.tokens.issuer import IssuerTokens
from chat3_user.tokens.sealed import SealedTokens
from chat3_user.validation import Identity

_REMEMBERED: Final = 20_000
"""How many verified tokens a worker caches, about 1 kB each; others are verified every time."""

_DOTS_OF_SIGNED: Final = 2


class UserTokens:
    """Creates tokens, and proves those that callers bring; ``clock`` in Unix seconds."""

    def __init__(
        self,
        sealed: SealedTokens | None = None,
        issuer: IssuerTokens | None = None,
        clock: Callable[[], float] = time.time,
        count_created: Callable[[], None] = lambda: None,
    ) -> None:
        self._count_created = count_created
        self._sealed = sealed
        self._issuer = issuer
        self._clock = clock
        # By digest, so that no token stays in memory.
        self._proved: TLRUCache[bytes, Bearer] = TLRUCache(
            _REMEMBERED, lambda _digest, bearer, _now: bearer.expires_at, timer=clock
        )
        if issuer is not None:
            issuer.keys.on_change(self._proved.clear)

    def create(self, identity: Identity, seconds: int) -> tuple[str, int]:
        """Return a token with which its holder acts as ``identity``, and when it expires.

        The time is in Unix seconds. Raises `CallError`.
        """
        if self._sealed is None:
            raise token_reasons.tokens_not_configured()
        self._count_created()
        return self._sealed.create(identity, seconds)

    async def read(self, token: str) -> Bearer:
        """Return what a token proves now.

        Raises `CallError`.
        """
        if self._sealed is None and self._issuer is None:
            raise token_reasons.tokens_not_configured()
        if len(token) > LONGEST or not token.isascii():
            raise token_reasons.token_invalid()
        digest = hashlib.blake2b(token.encode(), digest_size=16).digest()
        bearer = self._proved.get(digest)
        if bearer is None:
            bearer = await self._read(token)
            self._proved[digest] = bearer
        return bearer

    async def _read(self, token: str) -> Bearer:
        if token.count(".") == _DOTS_OF_SIGNED and self._issuer is not None:
            return await self._issuer.read(token)
        if self._sealed is not None:
            return self._sealed.read(token)
        raise token_reasons.token_invalid()
