"""The methods of the contract: a package for each service, a module for each method.

How to add one: `docs/adding-a-method.md`.
"""

from collections.abc import Mapping
from typing import Final

from chat3_user.methods import tenant, user
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Bidi, Keyed, Method, Streaming, Unary

__all__ = ["METHODS", "Bidi", "Dependencies", "Keyed", "Method", "Streaming", "Unary"]

METHODS: Final[Mapping[str, Method]] = {
    method.label: method
    for methods in (user.METHODS, tenant.METHODS)
    for method in methods.values()
}
"""Every method that is served, by its label: names alone repeat from service to service."""
