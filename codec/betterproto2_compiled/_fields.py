"""What the generators must know of a field, read from betterproto2's dataclass metadata."""

from __future__ import annotations

import dataclasses
from enum import Enum, auto
from typing import Any, cast

import betterproto2
from betterproto2 import TYPE_ENUM, TYPE_MAP, TYPE_MESSAGE, FieldMetadata


class Presence(Enum):
    """How a field says that it is not set."""

    IMPLICIT = auto()
    """A default value is not sent."""
    EXPLICIT = auto()
    """``None`` is not sent, a default value is."""
    REPEATED = auto()
    MAP = auto()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message class, or the key or value of a map."""

    name: str
    number: int
    proto_type: str
    presence: Presence
    group: str | None = None
    """The oneof that the field belongs to; never the synthetic one of ``optional``."""
    cls: type[Any] | None = None
    """The message class on the wire, or the enum class."""
    wrapped: bool = False
    """The Python value is not the message itself: ``datetime`` for a Timestamp."""
    key: Field | None = None
    value: Field | None = None

    @property
    def time(self) -> str | None:
        """``Timestamp`` or ``Duration``, if the Python value is a ``datetime`` or ``timedelta``."""
        for name in ("Timestamp", "Duration"):
            if self.wrapped and self.cls is not None and is_well_known(self.cls, name):
                return name
        return None

    @property
    def message_cls(self) -> type[betterproto2.Message]:
        """The class of a field that is known to be a message."""
        if self.cls is None:
            raise TypeError(f"{self.name} is not a message field")
        return self.cls


def is_well_known(cls: type[Any], name: str) -> bool:
    """Tell whether a class was generated from ``google.protobuf.<name>``."""
    return cls.__name__ == name and cls.__module__.endswith("google.protobuf")


def _wire_class(meta: FieldMetadata, hint: type[Any]) -> type[Any] | None:
    if meta.proto_type == TYPE_MESSAGE:
        return meta.unwrap() if meta.unwrap else hint
    return hint if meta.proto_type == TYPE_ENUM else None


def read_fields(cls: type[betterproto2.Message]) -> list[Field]:
    """Read the fields of a generated message class, in the order of their numbers."""
    # `_betterproto` is where betterproto2 keeps what it has resolved from
    # the annotations; its own codec reads the same.
    hints: dict[str, Any] = cast("Any", cls)._betterproto.cls_by_field  # noqa: SLF001 (as said)
    fields = []
    for dataclass_field in dataclasses.fields(cls):  # type: ignore[arg-type]
        meta = FieldMetadata.get(dataclass_field)
        name = dataclass_field.name
        key = value = None
        if meta.proto_type == TYPE_MAP:
            presence = Presence.MAP
            if meta.map_meta is None:
                raise TypeError(f"{cls.__name__}.{name} is a map without types")
            key_meta, value_meta = meta.map_meta
            key = Field(
                name="key", number=1, proto_type=key_meta.proto_type, presence=Presence.IMPLICIT
            )
            value = Field(
                name="value",
                number=2,
                proto_type=value_meta.proto_type,
                presence=Presence.IMPLICIT,
                cls=_wire_class(value_meta, hints[f"{name}.value"]),
                wrapped=value_meta.unwrap is not None,
            )
        elif meta.repeated:
            presence = Presence.REPEATED
        elif meta.optional or meta.group or meta.proto_type == TYPE_MESSAGE:
            presence = Presence.EXPLICIT
        else:
            presence = Presence.IMPLICIT
        fields.append(
            Field(
                name=name,
                number=meta.number,
                proto_type=meta.proto_type,
                presence=presence,
                group=meta.group,
                cls=_wire_class(meta, hints[name]),
                wrapped=meta.unwrap is not None,
                key=key,
                value=value,
            )
        )
    return sorted(fields, key=lambda field: field.number)
