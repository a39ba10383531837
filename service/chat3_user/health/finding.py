"""What one look at a component found; the reasons are those of `chat3_user.health.table`."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Finding:
    """``reason`` is empty when all is well; ``detail`` is for people, and holds no secret."""

    reason: str = ""
    detail: str = ""


WELL: Final = Finding()
