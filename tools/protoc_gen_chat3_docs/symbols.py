"""Every symbol of a contract by name: what can be linked to, and what can be searched."""

from collections.abc import Iterator
from dataclasses import dataclass

from protoc_gen_chat3_docs.model import Contract, Message, Package
from protoc_gen_chat3_docs.names import snake_case
from protoc_gen_chat3_docs.well_known import error_details, field_types


@dataclass(frozen=True)
class Symbol:
    """Something with a name and a place in the documentation; `owner` is its package."""

    kind: str
    name: str
    full_name: str
    owner: str

    @property
    def path(self) -> str:
        """The name within the package."""
        return self.full_name.removeprefix(f"{self.owner}.")


def symbols(contract: Contract) -> Iterator[Symbol]:
    """List every symbol of the contract, and the types from elsewhere that it uses."""
    for package in contract.packages:
        yield from _package_symbols(package)
    for known in (*field_types(contract), *error_details(contract)):
        owner, _, name = known.full_name.rpartition(".")
        yield Symbol("type", name, known.full_name, owner)


def _package_symbols(package: Package) -> Iterator[Symbol]:
    for service in package.services:
        yield Symbol("service", service.name, service.full_name, package.name)
        for rpc in service.rpcs:
            yield Symbol("rpc", rpc.name, rpc.full_name, package.name)
    for message in package.messages:
        yield from _message_symbols(message, package.name)
    for enum in package.enums:
        yield Symbol("enum", enum.name, enum.full_name, package.name)
        kind = "reason" if enum is package.reason_enum else "value"
        for value in enum.values:
            yield Symbol(kind, value.name, value.full_name, package.name)


def _message_symbols(message: Message, owner: str) -> Iterator[Symbol]:
    yield Symbol("message", message.name, message.full_name, owner)
    for oneof in message.oneofs:
        yield Symbol("oneof", oneof.name, oneof.full_name, owner)
    for field in message.fields:
        yield Symbol("field", field.name, field.full_name, owner)


def _short_name(value: Symbol) -> str:
    """Give an enum value's name without that of its enum: `LOG_REPLACED` in `GapReason`."""
    enum = value.path.split(".")[-2]
    return value.name.removeprefix(f"{snake_case(enum).upper()}_")


class SymbolTable:
    """Finds the full name that a name in a comment means."""

    def __init__(self, contract: Contract) -> None:
        everything = tuple(symbols(contract))
        self._packages = [package.name for package in contract.packages]
        self._full_names = {symbol.full_name for symbol in everything}
        self._bodies = {
            rpc.full_name: (rpc.response, rpc.request)
            for package in contract.packages
            for rpc in package.rpcs
        }
        self._unique: dict[tuple[str, str], str] = {}
        for symbol in everything:
            if symbol.kind in {"rpc", "value", "reason", "type"}:
                self._add(symbol.name, symbol)
        for symbol in everything:
            if symbol.kind == "value" and "_" in (short := _short_name(symbol)):
                self._add(short, symbol)

    def _add(self, name: str, symbol: Symbol) -> None:
        self._unique.setdefault((symbol.owner, name), symbol.full_name)
        self._unique.setdefault(("", name), symbol.full_name)

    def resolve(self, name: str, scope: str) -> str | None:
        """Find what a name means in a comment on `scope`; None when it is no symbol.

        Members of the scope win, then of a method's response and request, then names of the
        package, then names that are unique anyway, in the package first.
        """
        package = next((each for each in self._packages if f"{scope}.".startswith(f"{each}.")), "")
        prefixes = [scope, *self._bodies.get(scope, ()), scope.rpartition(".")[0], package]
        for prefix in prefixes:
            candidate = f"{prefix}.{name}"
            if candidate in self._full_names and candidate != scope:
                return candidate
        if name in self._full_names:
            return name
        found = self._unique.get((package, name)) or self._unique.get(("", name))
        return found if found != scope else None
