"""Connect's own headers of requests."""

import re
from typing import Final

from multidict import MultiMapping

from chat3_user.transport.metadata import invalid_metadata

_TIMEOUT: Final = re.compile("[0-9]{1,10}")
_VERSION: Final = "1"


def check_version(metadata: MultiMapping[str]) -> None:
    """Check that the client speaks the protocol's one version, if it says which it speaks.

    Raises `CallError`.
    """
    if metadata.get("connect-protocol-version", _VERSION) != _VERSION:
        raise invalid_metadata("connect-protocol-version", "`1`")


def timeout(metadata: MultiMapping[str]) -> float | None:
    """Return the seconds a client gives its call; nothing when it does not say.

    Raises `CallError`.
    """
    value = metadata.get("connect-timeout-ms")
    if value is None:
        return None
    if _TIMEOUT.fullmatch(value) is None:
        raise invalid_metadata("connect-timeout-ms", "up to ten digits")
    return int(value) / 1000
