"""The methods of TenantService: a module each, and the registry of them all."""

from collections.abc import Mapping
from typing import Final

from chat3_user.methods.method import Method
from chat3_user.methods.tenant import (
    create_user,
    delete_user,
    get_user,
    list_users,
    update_user,
    upsert_user,
)

__all__ = ["METHODS"]

_DECLARED: Final[tuple[Method, ...]] = (
    create_user.METHOD,
    delete_user.METHOD,
    get_user.METHOD,
    list_users.METHOD,
    update_user.METHOD,
    upsert_user.METHOD,
)

METHODS: Final[Mapping[str, Method]] = {method.name: method for method in _DECLARED}
"""Every method of the service, by its name in the contract."""
