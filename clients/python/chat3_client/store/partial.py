"""The one rule of everything partial."""

from typing import TypeVar

import betterproto2

from chat3_client.store.picture import changed

M = TypeVar("M", bound=betterproto2.Message)


def taken(known: M, partial: betterproto2.Message, *names: str) -> M:
    """Return ``known`` with those of the named fields that are present in ``partial``."""
    present = {name: value for name in names if (value := getattr(partial, name)) is not None}
    return changed(known, **present) if present else known
