"""Mutations that are written once, however often and wherever they are repeated."""

from chat3_user.idempotency.claims import Claims
from chat3_user.idempotency.mutation import Earlier, Mutation, UnsettledError
from chat3_user.idempotency.once import Once, Standing
from chat3_user.idempotency.settings import Times
from chat3_user.idempotency.store import Store, StoreUnavailableError

__all__ = [
    "Claims",
    "Earlier",
    "Mutation",
    "Once",
    "Standing",
    "Store",
    "StoreUnavailableError",
    "Times",
    "UnsettledError",
]
