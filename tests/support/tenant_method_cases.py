"""One honest call of every method of TenantService; see `method_cases`."""

from collections.abc import Callable
from typing import Any, Final

from chat3_api.chat3.tenant import v1 as pb
from support.method_cases import Scene

CASES: Final[dict[str, Callable[[Scene], Any]]] = {
    "GetUser": lambda scene: pb.GetUserRequest(user_id=scene.other),
}
