"""The methods of TenantService: a module each, and the registry of them all."""

from collections.abc import Mapping
from typing import Final

from chat3_user.methods.method import Method
from chat3_user.methods.tenant import (
    get_user,
)

__all__ = ["METHODS"]

_DECLARED: Final[tuple[Method, ...]] = (get_user.METHOD,)

METHODS: Final[Mapping[str, Method]] = {method.name: method for method in _DECLARED}
"""Every method of the service, by its name in the contract."""
