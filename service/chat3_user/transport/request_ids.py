"""The id under which a call is found in logs: its caller's, or a new one."""

import secrets
from collections.abc import Mapping
from itertools import count
from typing import Final

from chat3_user.validation import parse_request_id

_PROCESS: Final = secrets.token_hex(6)
_numbers: Final = count()


def request_id_of(metadata: Mapping[str, str]) -> str:
    """Return the request id in ``metadata``; a new one where there is none that can be used."""
    return parse_request_id(metadata) or f"{_PROCESS}{next(_numbers):06x}"
