"""What the generated decoders call when something is wrong or out of the ordinary."""

from __future__ import annotations

from struct import error as StructError  # noqa: N812 (it is a class)
from typing import TYPE_CHECKING, Any

from ._errors import DecodeError, WireError
from ._wire import check_framing

if TYPE_CHECKING:
    from collections.abc import Callable


def wrong_bytes(
    cls: type[Any], fields: dict[int, str], position: int, error: Exception
) -> DecodeError:
    """Say what was wrong and where, from the line of the generated code that failed."""
    line = error.__traceback__.tb_lineno if error.__traceback__ else 0
    name = fields.get(line)
    where = f"{cls.__name__}.{name}" if name else cls.__name__
    if isinstance(error, WireError):
        reason = str(error)
    elif isinstance(error, IndexError | StructError):
        reason = f"truncated at byte {position}"
    elif isinstance(error, UnicodeDecodeError):
        reason = f"not UTF-8 at byte {position}"  # its own text has an excerpt of the value
    elif isinstance(error, OverflowError):
        reason = f"out of Python's range before byte {position}"
    else:
        reason = f"{error} at byte {position}"
    return DecodeError(f"{where}: {reason}")


Later = dict[int, list[bytes]]
"""The parts of message fields that occur more than once, by field number."""


def join_later(
    later: Later | None,
    number: int,
    data: bytes,
    first: tuple[int, int],
    second: tuple[int, int],
    depth: int,
) -> Later:
    """Keep another part of a message field: protobuf merges parts, which is to decode them joined.

    Each part must be a row of whole fields by itself. Decoding each as it comes and once more
    when joined would take exponential time in messages nested on purpose.
    """
    if later is None:
        later = {}
    parts = later.get(number)
    if parts is None:
        check_framing(data, *first, depth)
        parts = later[number] = [data[first[0] : first[1]]]
    check_framing(data, *second, depth)
    parts.append(data[second[0] : second[1]])
    return later


def decode_parts(
    data: bytes,
    span: tuple[int, int],
    later: Later | None,
    number: int,
    decoder: Callable[[bytes, int, int, int], Any],
    depth: int,
) -> Any:
    """Decode a message field from its only place, or from all its parts joined."""
    parts = later.pop(number, None) if later else None
    if parts is None:
        return decoder(data, span[0], span[1], depth)
    joined = b"".join(parts)
    return decoder(joined, 0, len(joined), depth)
