"""What follows from the time of an attempt with an unknown outcome."""

import time
from typing import Final

from chat3_user.idempotency import Earlier

CLOCKS_DIFFER: Final = 5.0
"""How far, in seconds, tenant-api's clock may be from ours."""

LOOKED_FOR_WITHIN: Final = 3600.0
"""For how long, in seconds after an attempt began, its doing can be told from others'."""


def began(earlier: Earlier) -> float | None:
    """Return when the attempts began, in Unix seconds by our clock.

    None when none is known of, or when that is too long ago. Then the change is simply made: where
    it is there already, that changes nothing.
    """
    if earlier.age is None or earlier.age > LOOKED_FOR_WITHIN:
        return None
    return time.time() - earlier.age


def may_be_since(began: float, at: float) -> bool:
    """Tell whether ``at``, by tenant-api's clock, may be since an attempt ``began``."""
    return at >= began - CLOCKS_DIFFER


def is_surely_since(began: float, at: float) -> bool:
    """Tell whether ``at``, by tenant-api's clock, is since an attempt ``began``, come what may."""
    return at > began + CLOCKS_DIFFER
