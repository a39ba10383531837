"""Write the source of a message class's builder: its encoder, with parameters for a message.

The generated function is ``build(*, field=...) -> bytes``, for who needs no object between his
values and the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from betterproto2 import TYPE_BOOL, TYPE_BYTES, TYPE_STRING

from ._encoder_source import naming_wrong_values, write_fields
from ._fields import Field, Presence
from ._source import Source
from ._wire import MAX_DEPTH

if TYPE_CHECKING:
    import betterproto2

_DEFAULTS: Final = {TYPE_STRING: "_empty_text", TYPE_BYTES: "_empty_bytes", TYPE_BOOL: "False"}


def write_builder(
    cls: type[betterproto2.Message], fields: list[Field], names: dict[str, Any]
) -> Source:
    """Write the builder of a class; ``names`` are those of its encoder, linked.

    Raises:
        TypeError: The name of a field begins with ``_``, as those of the generated code do.

    """
    for field in fields:
        if field.name.startswith("_"):
            raise TypeError(f"{cls.__name__}.{field.name}: such names are the generated code's own")
    parameters = [f"{field.name}={_absent(field)}" for field in fields]
    source = Source(f"def build({', '.join(['*', *parameters] if fields else [])}):", names)
    source.add(f"_depth = {MAX_DEPTH}")
    with naming_wrong_values(source):
        parts = write_fields(source, fields, "")
        source.add(f"return _join([{', '.join(parts)}])")
    return source


def _absent(field: Field) -> str:
    """Give the expression of the value that a field has when it is not given."""
    if field.presence in {Presence.REPEATED, Presence.MAP}:
        return "_nothing"
    if field.presence is Presence.EXPLICIT:
        return "None"
    return _DEFAULTS.get(field.proto_type, "_zero")
