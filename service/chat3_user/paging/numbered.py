"""Pages that are found by their number: of lists that the platform can continue in no other way."""

import struct
from dataclasses import dataclass
from typing import Final

from chat3_user.calls import Call
from chat3_user.errors import reasons
from chat3_user.paging.tokens import ListRequest, Tokens, page_size

KIND: Final = 1

_PAYLOAD: Final = struct.Struct(">IB")
_NUMBER_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class NumberedPage:
    """A page: ``number`` counts from 1, ``size`` is the largest number of items."""

    number: int
    size: int
    counted: bool
    tokens: Tokens

    def next_token(self, total: int) -> str:
        """Return the token of the next page; empty when this one is the last of ``total`` items."""
        if self.number * self.size >= total or self.number == _NUMBER_MAX:
            return ""
        return self.tokens.write(KIND, _PAYLOAD.pack(self.number + 1, self.size))

    def asked(self, total: int) -> int | None:
        """Return the total when the request asks for it."""
        return total if self.counted else None


def is_numbered(token: tuple[int, bytes] | None) -> bool:
    """Tell whether what `Tokens.read` found continues numbered pages."""
    return token is not None and token[0] == KIND


def numbered_page(request: ListRequest, call: Call, most: int | None = None) -> NumberedPage:
    """Return which page a valid request asks for: by its token, else by ``page``, else the first.

    It has ``most`` items, where the platform returns no more of a list at once.
    Raises `CallError` for a token that is damaged or belongs to another list, and for one that
    continues pages of another size.
    """
    tokens = Tokens(request, call)
    size = page_size(request)
    if most is not None:
        size = min(size, most)
    number = getattr(request, "page", 0) or 1
    found = tokens.read()
    if found is not None:
        number = _number(*found, size)
    return NumberedPage(number, size, getattr(request, "include_total_size", False), tokens)


def _number(kind: int, payload: bytes, size: int) -> int:
    if kind != KIND or len(payload) != _PAYLOAD.size:
        raise reasons.page_token_invalid()
    number, size_then = _PAYLOAD.unpack(payload)
    if not 1 < number <= _NUMBER_MAX or size_then != size:
        raise reasons.page_token_invalid()
    return int(number)
