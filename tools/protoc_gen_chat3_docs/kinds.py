"""Finds the kinds of update: oneofs whose payloads say how a client merges them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protoc_gen_chat3_docs.model import Contract, EnumValue, Field, Message, Oneof, Package

_CODE = re.compile(r"`(\w+)`")


@dataclass(frozen=True)
class Kind:
    """One alternative: its field, its payload and the enum value that stands for it."""

    field: Field
    payload: Message | None
    value: EnumValue | None

    @property
    def merge(self) -> str | None:
        """What to do with the update: as its payload says, or else its field."""
        return self.payload.merge if self.payload and self.payload.merge else self.field.merge


@dataclass(frozen=True)
class KindTable:
    """All kinds that one message carries in one of its oneofs.

    `parts` are the messages within it and its payloads that say how to merge them themselves.
    """

    message: Message
    oneof: Oneof
    kinds: tuple[Kind, ...]
    parts: tuple[Message, ...]

    @property
    def merged(self) -> Iterator[Message | Field]:
        """What the table says how to merge."""
        yield from (kind.payload or kind.field for kind in self.kinds)
        yield from self.parts


def kind_tables(contract: Contract, package: Package) -> Iterator[KindTable]:
    """Find the oneofs of a package most of whose payloads have a `To merge:` paragraph."""
    for message in package.messages:
        values = tuple(_enum_values(contract, message))
        for oneof in message.oneofs:
            fields = [field for field in message.fields if field.oneof == oneof.name]
            kinds = tuple(_kind(contract, field, values) for field in fields)
            payloads = [kind.payload for kind in kinds if kind.payload]
            if sum(payload.merge is not None for payload in payloads) * 2 > len(payloads):
                yield KindTable(message, oneof, kinds, tuple(_parts(contract, message, payloads)))


def _parts(contract: Contract, update: Message, payloads: Sequence[Message]) -> Iterator[Message]:
    """Find what an update carries besides payloads, at any depth, in the order of appearance."""
    waiting = [update]
    seen = {update.full_name}
    while waiting:
        message = waiting.pop(0)
        for field in message.fields:
            part = contract.message(field.type.target)
            if part is None or part.full_name in seen:
                continue
            seen.add(part.full_name)
            waiting.append(part)
            if part.merge and part not in payloads:
                yield part


def _enum_values(contract: Contract, message: Message) -> Iterator[EnumValue]:
    for field in message.fields:
        if enum := contract.enum(field.type.target):
            yield from enum.values


def _kind(contract: Contract, field: Field, values: Sequence[EnumValue]) -> Kind:
    """Find the value that the field's comment names, else the one that ends like the field."""
    named = set(_CODE.findall(field.text))
    value = next((each for each in values if each.name in named), None)
    if value is None:
        ending = f"_{field.name.upper()}"
        alike = [each for each in values if each.name.endswith(ending)]
        value = min(alike, key=lambda each: len(each.name), default=None)
    return Kind(field, contract.message(field.type.target), value)
