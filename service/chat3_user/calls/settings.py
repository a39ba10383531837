"""How long a unary call may take."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class DeadlineSettings:
    """Seconds."""

    default: Annotated[float, Meta(gt=0, description="deadline of unary calls that bring none")] = (
        30.0
    )
    longest: Annotated[
        float,
        Meta(gt=0, description="longest deadline a unary call may bring; longer ones are cut"),
    ] = 300.0
