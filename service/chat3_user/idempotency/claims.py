"""Gives a thing that was found at the platform to one key, for all workers."""

import secrets

from chat3_user.idempotency.keys import claim_digest, name_digest
from chat3_user.idempotency.store import Attempt, Reused, Store
from chat3_user.validation import Identity


class Claims:
    """Claims, kept beside the keys and for as long.

    A claim is a record whose scope is the thing and whose request is the key's name: the store
    lets a scope stand for one request only, so that all but one name are refused.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, identity: Identity, thing: str, name: str) -> bool:
        """Return whether the thing of the caller's tenant is, or was before, given to ``name``.

        Two attempts of one name both get it: the lease on their key keeps them apart.

        Raises `StoreUnavailableError`.
        """
        attempt = Attempt(claim_digest(identity, thing), name_digest(name), secrets.token_bytes(8))
        return not isinstance(await self._store.claim(attempt), Reused)
