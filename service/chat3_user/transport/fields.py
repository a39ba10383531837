"""Header fields of requests and answers, as HTTP has them: a name and a value, in bytes."""

from collections.abc import Mapping

Fields = list[tuple[bytes, bytes]]
"""Header fields in their order, names in lower case."""


def encoded(metadata: Mapping[str, str]) -> Fields:
    """Return metadata as fields; a multidict may have several of a name."""
    return [(name.encode(), value.encode()) for name, value in metadata.items()]
