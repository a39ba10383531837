"""What generated encoders call when a value does not fit its field."""

from __future__ import annotations

from struct import error as StructError  # noqa: N812 (it is a class)
from typing import TYPE_CHECKING

from ._errors import EncodeError

if TYPE_CHECKING:
    import betterproto2

_EXPECTED = {"encode": "str", "items": "dict"}
"""What a value should have been, by the method it turned out not to have."""


def wrong_value(
    cls: type[betterproto2.Message], fields: dict[int, str], error: Exception
) -> EncodeError:
    """Say which field could not be encoded, from the line of the generated code that failed."""
    line = error.__traceback__.tb_lineno if error.__traceback__ else 0
    name = fields.get(line)
    where = f"{cls.__name__}.{name}" if name else cls.__name__
    if isinstance(error, UnicodeEncodeError):
        reason = "text with lone surrogates"  # its own text has an excerpt of the value
    elif isinstance(error, StructError):
        reason = "a number out of range"  # its own text speaks of floats that are none
    elif isinstance(error, AttributeError) and error.name in _EXPECTED:
        reason = f"expected {_EXPECTED[error.name]}, not {type(error.obj).__name__}"
    else:
        reason = str(error)
    return EncodeError(f"{where}: {reason}")
