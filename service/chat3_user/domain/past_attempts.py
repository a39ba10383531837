"""What can be told from the time of an attempt of unknown outcome."""

import time
from typing import Any, Final

from chat3_user.domain.settling import unix_time
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.route import Route

CLOCKS_DIFFER: Final = 5.0
"""How far, in seconds, tenant-api's clock may be from ours."""

LOOKED_FOR_WITHIN: Final = 3600.0
"""For how long, in seconds after an attempt began, its doing can be told from others'."""


def is_long_ago(earlier: Earlier) -> bool:
    """Tell whether no attempt is known of, or one too old to be told from others.

    Then the change is made: where it is there already, that changes nothing.
    """
    return earlier.age is None or earlier.age > LOOKED_FOR_WITHIN


def is_since(earlier: Earlier, route: Route[Any], at: m.Time | None) -> bool:
    """Tell whether a time of an answer of the route is since the attempt began.

    Raises `CallError` for a time that is none.
    """
    if at is None or earlier.age is None:
        return False
    return unix_time(route, at) >= time.time() - earlier.age - CLOCKS_DIFFER
