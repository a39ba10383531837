"""The trace context that a publisher sent with an update, found in the encoded properties."""

from typing import Final

from pamqp.exceptions import PAMQPException
from pamqp.header import ContentHeader

from chat3_user.telemetry import NO_CARRIER, Carrier

_NAME: Final = "traceparent"
_LENGTH: Final = 55
_MARK: Final = bytes((len(_NAME),)) + _NAME.encode() + b"S" + _LENGTH.to_bytes(4, "big")
"""How the header begins: a short string, the type of a long string, and the length of its text."""

_SAMPLED: Final = frozenset(b"13579bdf")


def carrier_in(properties: bytes) -> Carrier:
    """Return the headers of a delivery with a trace context; of one without, nothing.

    Most have none: those cost a search. Headers are decoded where the context is sampled; else the
    context alone is returned, which says that it is not.
    """
    at = properties.find(_MARK)
    if at < 0:
        return NO_CARRIER
    begin = at + len(_MARK)
    text = properties[begin : begin + _LENGTH]
    if text[-1:] and text[-1] not in _SAMPLED:
        return {_NAME: text.decode("latin-1")}
    header = ContentHeader()
    try:
        header.unmarshal(properties)
    except (PAMQPException, ValueError, LookupError):
        return NO_CARRIER
    found = header.properties.headers or {}
    return {name: value for name, value in found.items() if isinstance(value, str)}
