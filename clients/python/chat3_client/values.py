"""Custom data as dicts, where the generated classes have `Struct`."""

from collections.abc import Iterable, Mapping
from typing import Any

import betterproto2

from chat3_api.google.protobuf import Struct


def struct(data: Mapping[str, Any] | None) -> Struct | None:
    """Return custom data as the contract carries it: JSON values; whole numbers become doubles."""
    return None if data is None else Struct.from_dict(dict(data))


def data(struct: Struct | None) -> dict[str, Any]:
    """Return custom data as a dict; absent data is an empty one."""
    return {} if struct is None else dict(struct.to_dict())


def texts(values: Iterable[str]) -> list[str]:
    """Return a list of texts; one text alone is a mistake, for it is a list of its letters.

    Raises `TypeError`.
    """
    if isinstance(values, str):
        raise TypeError(f"a list of texts is wanted, not the text {values!r}")
    return list(values)


def wire_name(value: betterproto2.Enum) -> str:
    """Return the name that an enum's value has in the contract, or its number when it is newer."""
    return type(value).betterproto_value_to_renamed_proto_names().get(value.value, str(value.value))
