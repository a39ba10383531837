"""The honest calls of the methods of all services, by the methods' labels."""

from collections.abc import Callable
from typing import Any, Final

from chat3_user.calls.service import TENANT
from support import method_cases, tenant_method_cases
from support.method_cases import Scene

CASES: Final[dict[str, Callable[[Scene], Any]]] = {
    **method_cases.CASES,
    **{TENANT.prefix + name: case for name, case in tenant_method_cases.CASES.items()},
}
