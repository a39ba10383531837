"""What attempts that were cut before their key may have left, and which key it is given to."""

import logging
import time
from collections.abc import AsyncIterable, Callable
from typing import TypeVar

from chat3_user.domain.settling import ORPHAN_CLOCKS_DIFFER
from chat3_user.errors import reasons
from chat3_user.idempotency import Claims, StoreUnavailableError
from chat3_user.validation import Identity

log = logging.getLogger(__name__)

Row = TypeVar("Row")


async def orphans(
    pages: AsyncIterable[list[Row]],
    id_of: Callable[[Row], str],
    created: Callable[[Row], float],
    may_be_one: Callable[[Row], bool],
    age: float,
) -> list[Row]:
    """Return what may have been left since ``age`` seconds, oldest first.

    ``pages`` come newest first. New things move older ones to later pages while these are read:
    that repeats some, and loses none. Raises `CallError`.
    """
    since = time.time() - age - ORPHAN_CLOCKS_DIFFER
    found: dict[str, Row] = {}
    async for page in pages:
        young = [row for row in page if created(row) >= since]
        found |= {id_of(row): row for row in young if may_be_one(row)}
        if len(young) < len(page):
            break
    return sorted(found.values(), key=created)


async def claimed(claims: Claims, identity: Identity, thing: str, name: str) -> bool:
    """Return whether an orphan is, or was before, given to the key that ``name`` stands for.

    Raises `CallError`.
    """
    try:
        return await claims.take(identity, thing, name)
    except StoreUnavailableError as error:
        log.warning("an orphan cannot be claimed", extra={"problem": error})
        raise reasons.idempotency_outcome_unknown(1.0) from error
