"""Every symbol of a contract by name: what can be linked to, and what can be searched."""

from collections.abc import Iterator
from dataclasses import dataclass

from protoc_gen_chat3_docs.model import Api, Message
from protoc_gen_chat3_docs.well_known import ERROR_DETAILS, FIELD_TYPES


@dataclass(frozen=True)
class Symbol:
    """Something with a name, a place in the documentation and a sentence about it."""

    kind: str
    name: str
    full_name: str
    text: str


def symbols(api: Api) -> Iterator[Symbol]:
    """List every symbol of the contract, in the order of the documentation."""
    for service in api.services:
        yield Symbol("service", service.name, service.full_name, service.text)
        for rpc in service.rpcs:
            yield Symbol("rpc", rpc.name, rpc.full_name, rpc.text)
    for message in api.messages:
        yield from _message_symbols(message)
    for enum in api.enums:
        yield Symbol("enum", enum.name, enum.full_name, enum.text)
        kind = "reason" if enum is api.reason_enum else "value"
        for value in enum.values:
            yield Symbol(kind, value.name, value.full_name, value.text)


def _message_symbols(message: Message) -> Iterator[Symbol]:
    yield Symbol("message", message.name, message.full_name, message.text)
    for oneof in message.oneofs:
        yield Symbol("oneof", oneof.name, oneof.full_name, oneof.text)
    for field in message.fields:
        yield Symbol("field", field.name, field.full_name, field.text)


class SymbolTable:
    """Finds the full name that a name in a comment means."""

    def __init__(self, api: Api) -> None:
        everything = tuple(symbols(api))
        self._package = api.package
        self._full_names = {symbol.full_name for symbol in everything}
        self._bodies = {rpc.full_name: (rpc.response, rpc.request) for rpc in api.rpcs}
        self._by_name = {
            symbol.name: symbol.full_name
            for symbol in everything
            if symbol.kind in {"rpc", "value", "reason"}
        }
        for known in (*FIELD_TYPES, *ERROR_DETAILS):
            self._full_names.add(known.full_name)
            self._by_name.setdefault(known.name, known.full_name)

    def __contains__(self, full_name: object) -> bool:
        """Whether the documentation has a place for this full name."""
        return full_name in self._full_names

    def resolve(self, name: str, scope: str) -> str | None:
        """Find what a name means in a comment on `scope`; None when it is no symbol.

        Members of the scope win, then of a method's response and request, then names of the
        package, then names that are unique anyway.
        """
        bodies = self._bodies.get(scope, ())
        prefixes = [scope, *bodies, scope.rpartition(".")[0], self._package]
        for prefix in prefixes:
            candidate = f"{prefix}.{name}"
            if candidate in self._full_names and candidate != scope:
                return candidate
        if name in self._full_names:
            return name
        found = self._by_name.get(name)
        return found if found != scope else None
