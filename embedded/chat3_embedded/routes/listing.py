"""Filters of list endpoints: parsing, and the different words of their 400s."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from chat3_embedded.errors import bad_request
from chat3_embedded.filters import FilterError, parse_filter

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat3_embedded.errors import ApiError
    from chat3_embedded.filters import Node
    from chat3_embedded.routes.call import Call

Wording: TypeAlias = "Callable[[FilterError], ApiError]"

_EXAMPLES = (
    'Examples: {"meta":{"key":"value"}} or (meta.key,eq,value)'
    " or (meta.key,ne,value)&(meta.key2,in,[val1,val2])"
)


def with_examples(error: FilterError) -> ApiError:
    """Word it as the lists of dialogs do."""
    return bad_request(f"Invalid filter format. {error}. {_EXAMPLES}")


def with_prefix(error: FilterError) -> ApiError:
    """Word it as the list of users does."""
    return bad_request(f"Invalid filter format. {error}")


def plainly(error: FilterError) -> ApiError:
    """Word it as the lists of a dialog's messages do."""
    return bad_request(str(error))


def briefly(_error: FilterError) -> ApiError:
    """Word it as the list of a user's messages does."""
    return bad_request("Invalid filter format")


def read_filter(call: Call, word: Wording = with_examples) -> Node | None:
    """Parse the `filter` parameter as this process sees it; None where its text is no filter."""
    try:
        node = parse_filter(call.query.get("filter", ""))
    except FilterError as error:
        raise word(error) from None
    return None if node is None else call.prototype.seen_by(node)
