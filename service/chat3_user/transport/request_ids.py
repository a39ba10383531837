"""The ids under which a call is found in logs: its caller's, or new ones."""

import re
import secrets
from collections.abc import Mapping
from itertools import count
from typing import Final

from chat3_user.validation import parse_request_id

_PROCESS: Final = secrets.token_hex(6)
_numbers: Final = count()
_TRACE_PARENT: Final = re.compile("[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")


def request_id_of(metadata: Mapping[str, str]) -> str:
    """Return the request id in ``metadata``; a new one where there is none that can be used."""
    return parse_request_id(metadata) or f"{_PROCESS}{next(_numbers):06x}"


def trace_id_of(metadata: Mapping[str, str]) -> str:
    """Return the id of the trace that the caller names, in hexadecimal; empty when it names none.

    It is known whether this process makes spans or not.
    """
    parent = metadata.get("traceparent")
    found = None if parent is None else _TRACE_PARENT.fullmatch(parent)
    return "" if found is None else found[1]
