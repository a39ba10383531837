"""What the platform publishes and no model knows: taken out of an update, so that it can be kept.

Only updates that the models refused come here: what is known to the models costs nothing more.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import inspect

from chat3_user.mapping import update_models as m

Json = dict[str, Any]


class _Shape(msgspec.Struct, frozen=True):
    """The members that a model knows, by name in JSON; `None` for what is passed on whole."""

    members: Mapping[str, "_Shape | None"]
    is_list: bool = False


def read_json(body: bytes) -> Any:
    """Return JSON as plain values.

    The platform may cut a text between the two halves of a character; only Python's own decoder
    takes such a half.
    """
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        if b"\\u" not in body:
            raise
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return msgspec.json.decode(text.encode("utf-8", "replace"))


def take_unmapped(document: Any) -> Json:
    """Take out of an update's JSON, in place, what its models do not know, and return it.

    What is returned stands at its place: ``{"data": {"message": {"later": 1}}}``. Of a list, all
    stays and all is returned when anything in it is unknown.
    """
    return _taken(document, _UPDATE) if isinstance(document, dict) else {}


def joined(one: Json, other: Json) -> Json:
    """Return both, one put into the other; where they meet, ``other`` counts."""
    result = dict(one)
    for name, value in other.items():
        mine = result.get(name)
        if isinstance(mine, dict) and isinstance(value, dict):
            result[name] = joined(mine, value)
        else:
            result[name] = value
    return result


def _taken(document: Json, shape: _Shape) -> Json:
    taken: Json = {}
    for name, value in tuple(document.items()):
        if name not in shape.members:
            taken[name] = document.pop(name)
            continue
        inner = shape.members[name]
        if inner is None:
            continue
        if inner.is_list and isinstance(value, list):
            if _takes_any(value, inner):
                taken[name] = value
                document[name] = [_known(item, inner) for item in value]
        elif isinstance(value, dict) and (found := _taken(value, inner)):
            taken[name] = found
    return taken


def _takes_any(items: list[Any], shape: _Shape) -> bool:
    return any(isinstance(item, dict) and item.keys() - shape.members.keys() for item in items)


def _known(item: Any, shape: _Shape) -> Any:
    if not isinstance(item, dict):
        return item
    return {name: value for name, value in item.items() if name in shape.members}


def _shape_of(kind: Any) -> _Shape | None:
    """Return the shape of a model, an optional one, a list of them, or what a Raw holds."""
    if isinstance(kind, inspect.Metadata):
        return _shape_of(_described((kind.extra or {}).get("holds"))) or _shape_of(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next((shape for one in kind.types if (shape := _shape_of(one)) is not None), None)
    if isinstance(kind, inspect.ListType):
        row = _shape_of(kind.item_type)
        return None if row is None else _Shape(row.members, is_list=True)
    if isinstance(kind, inspect.StructType):
        return _Shape({field.encode_name: _shape_of(field.type) for field in kind.fields})
    return None


def _described(held: Any) -> inspect.Type | None:
    return None if held is None else inspect.type_info(held)


_UPDATE: Final = _shape_of(inspect.type_info(m.PublishedUpdate)) or _Shape({})
