"""Server reflection for both of its versions, methods included.

grpclib's reflection asks a descriptor pool for the file that holds a symbol, and protobuf's pool
knows messages, fields, enums, their values and services by name there, but no methods: those it
finds elsewhere only. The pool given to grpclib here looks in both places.
"""

from collections.abc import Collection
from typing import Any, Final

from google.protobuf import descriptor_pool
from grpclib.reflection.service import ServerReflection

# What grpclib asks its pool for, besides the file of a symbol.
_PASSED_ON: Final = (
    "FindFileByName",
    "FindMessageTypeByName",
    "FindExtensionByNumber",
    "FindAllExtensions",
)


class SymbolPool:
    """A descriptor pool as reflection uses it: every symbol of a file leads to the file."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        for name in _PASSED_ON:
            setattr(self, name, getattr(pool, name))

    def FindFileContainingSymbol(self, symbol: str) -> Any:  # noqa: N802 - the pool's name for it
        """Return the descriptor of the file that defines the symbol.

        Raises ``KeyError`` for what no file defines.
        """
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            return self._pool.FindMethodByName(symbol).containing_service.file


def with_reflection(services: Collection[Any]) -> list[Any]:
    """Return the services and the two versions of reflection that describe them."""
    return ServerReflection.extend(services, pool=SymbolPool(descriptor_pool.Default()))
