"""How long a unary call may take."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class DeadlineSettings:
    """Seconds."""

    default: Annotated[float, Meta(gt=0, description="deadline of unary calls without one")] = 30.0
    longest: Annotated[
        float,
        Meta(gt=0, description="longest deadline of a unary call; longer ones are shortened"),
    ] = 300.0
