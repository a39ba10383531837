"""A ``google.protobuf.Struct`` that carries plain JSON data instead of an object per value."""

# ruff: noqa: SLF001
# The PlainStruct and its functions are one; `_betterproto` has the resolved classes.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import betterproto2

from ._plain_wire import plain_number

StructT = TypeVar("StructT", bound=betterproto2.Message)


class PlainStruct:
    """What every class from `plain_struct_class` has beside being a Struct.

    The object holds a plain dict until somebody asks for ``fields``. From then on it is an
    ordinary Struct: ``fields`` says what it holds, and ``plain`` is computed from them.
    """

    _plain: Mapping[str, Any] | None
    _fields: dict[str, Any]
    _unknown_fields: bytes
    _struct_class: type[Any]

    def __init__(
        self, plain: Mapping[str, Any] | None = None, *, fields: dict[str, Any] | None = None
    ) -> None:
        """Hold plain data, or ``fields`` as a Struct does.

        Args:
            plain: The JSON object. It is not copied: changes show until it is encoded.
            fields: Name to ``google.protobuf.Value``, instead of ``plain``.

        """
        self._unknown_fields = b""
        if fields is None:
            self._plain = {} if plain is None else plain
        elif plain is None:
            self._plain = None
            self._fields = fields
        else:
            raise TypeError("a PlainStruct takes either plain data or fields")

    @property
    def plain(self) -> dict[str, Any]:
        """The JSON object as a dict."""
        if self._plain is None:
            return {key: _plain_value(value) for key, value in self._fields.items()}
        return self._plain if isinstance(self._plain, dict) else dict(self._plain)

    def _read_fields(self) -> dict[str, Any]:
        if self._plain is not None:
            self._fields = _expand(self._struct_class, self._plain)
            self._plain = None
        return self._fields

    def _write_fields(self, fields: dict[str, Any]) -> None:
        self._fields = fields
        self._plain = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self._struct_class):
            return NotImplemented
        return bool(_as_struct(self) == _as_struct(other))

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self._fields if self._plain is None else self._plain)

    def __repr__(self) -> str:
        return f"PlainStruct({self.plain!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._struct_class, self.plain)


def _as_struct(struct: Any) -> Any:
    """Give an ordinary Struct with the same fields, without expanding a PlainStruct for good."""
    if not isinstance(struct, PlainStruct):
        return struct
    cls = struct._struct_class
    held = struct._plain
    return cls(fields=struct._fields if held is None else _expand(cls, held))


def _rebuild(struct_class: type[Any], plain: dict[str, Any]) -> Any:
    return plain_struct_class(struct_class)(plain)


_classes: dict[type[Any], type[Any]] = {}


def make_plain_struct_class(struct_class: type[Any]) -> type[Any]:
    """Give the PlainStruct class for a Struct class; it is made once."""
    made = _classes.get(struct_class)
    if made is None:
        namespace = {
            # betterproto2 resolves annotations in the module that the class names.
            "__module__": struct_class.__module__,
            "__doc__": PlainStruct.__doc__,
            "_struct_class": struct_class,
            "fields": property(
                PlainStruct._read_fields,
                PlainStruct._write_fields,
                doc="Name to Value; made from the plain data when first asked for.",
            ),
        }
        # Of two threads that come first at once, both get the class of one.
        made = _classes.setdefault(
            struct_class, type("PlainStruct", (PlainStruct, struct_class), namespace)
        )
    return made


def plain_struct_class(
    struct_class: type[StructT],
) -> Callable[[Mapping[str, Any]], StructT]:
    """Give the PlainStruct class for the Struct class of a generated package.

    It is a subclass of ``struct_class`` and of `PlainStruct`. Type checkers see a function that
    makes Structs; test with ``isinstance(value, PlainStruct)``.
    """
    return cast("Callable[[Mapping[str, Any]], StructT]", make_plain_struct_class(struct_class))


def plain(struct: betterproto2.Message) -> dict[str, Any]:
    """Give the JSON object that a Struct holds, whether a PlainStruct or an ordinary one.

    A number is an ``int`` where the double is integral and below 2**53. A Value without a kind,
    which JSON cannot say, becomes ``None``.
    """
    if isinstance(struct, PlainStruct):
        return struct.plain
    fields: dict[str, Any] = struct.fields  # type: ignore[attr-defined]
    return {key: _plain_value(value) for key, value in fields.items()}


def _plain_value(value: Any) -> Any:
    if value.string_value is not None:
        return value.string_value
    if value.number_value is not None:
        return plain_number(float(value.number_value))
    if value.bool_value is not None:
        return value.bool_value
    if value.struct_value is not None:
        return plain(value.struct_value)
    if value.list_value is not None:
        return [_plain_value(item) for item in value.list_value.values]
    return None


def _expand(struct_class: type[Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """Make the Value objects that betterproto2's own codec needs."""
    value_class = struct_class._betterproto.cls_by_field["fields.value"]
    classes = value_class._betterproto.cls_by_field
    list_class = classes["list_value"]
    null = classes["null_value"](0)

    def expand_value(value: Any) -> Any:
        if isinstance(value, str):
            return value_class(string_value=value)
        if value is None:
            return value_class(null_value=null)
        if isinstance(value, bool):
            return value_class(bool_value=value)
        if isinstance(value, int | float):
            return value_class(number_value=float(value))
        if isinstance(value, Mapping):
            return value_class(struct_value=struct_class(fields=expand_fields(value)))
        if isinstance(value, list | tuple):
            return value_class(list_value=list_class(values=[expand_value(v) for v in value]))
        raise TypeError(f"JSON has no {type(value).__name__}")

    def expand_fields(mapping: Mapping[str, Any]) -> dict[str, Any]:
        return {key: expand_value(value) for key, value in mapping.items()}

    return expand_fields(held)
