"""Requests of every method, made from its rules: sound ones, and sound ones with a hostile field.

Nothing here is of one method. A new rule that random values of its field's type seldom keep needs a
sampler (`fuzz_samples`); the fuzzer fails by the name of the method without one.
"""

import random
from collections.abc import Mapping
from typing import Any, Final

import fuzz_samples as samples
import fuzz_texts as texts

from betterproto2_compiled import encode
from chat3_user.errors import CallError
from chat3_user.methods import METHODS, Method
from chat3_user.validation import validate

_TRIES: Final = 200


def method(rng: random.Random) -> str:
    """Return the label of a method."""
    return rng.choice(tuple(METHODS))


def path(label: str) -> str:
    """Return the path on the wire of a method."""
    return f"/{METHODS[label].service.full_name}/{METHODS[label].name}"


def sound(rng: random.Random, label: str) -> bytes:
    """Return a request that keeps every rule of its fields."""
    return encode(_sound(rng, METHODS[label]))


def hostile(rng: random.Random, label: str) -> bytes:
    """Return a sound request of which one field is hostile in a way that protobuf can carry."""
    made = _sound(rng, METHODS[label])
    fields = tuple(type(made).__dataclass_fields__)
    if not fields:
        return encode(made)
    field = rng.choice(fields)
    value = getattr(made, field)
    if isinstance(value, bool):
        changed: Any = not value
    elif isinstance(value, int):  # an enum is one too: any number may come for it
        changed = rng.choice((-1, 0, 101, 2**31 - 1, -(2**31)))
    elif isinstance(value, list):
        changed = value * rng.choice((0, 2, 60))
    elif isinstance(value, str) or (value is None and field.endswith("_id")):
        changed = texts.hostile(rng)
    else:
        changed = None
    setattr(made, field, changed)
    return encode(made)


def _sound(rng: random.Random, method: Method) -> Any:
    """Return a request; rules that look at several fields are met by trying again."""
    broken: Mapping[str, str] = {}
    for _ in range(_TRIES):
        made = method.request(**samples.fields_of(rng, method.request, method.rules))
        try:
            validate(made, method.rules)
        except CallError as error:
            broken = {item.field: item.description for item in error.violations}
        else:
            return made
    raise AssertionError(f"{method.label}: no sound request, a rule lacks its sampler: {broken}")
