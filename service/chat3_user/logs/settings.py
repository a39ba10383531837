"""The settings of logs: the form of a line, and what is worth one."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is logged, and how.

    Failed calls are logged whatever ``calls_ok_share`` says, and so are those that took
    ``calls_slow_seconds``.
    """

    format: Annotated[str, Meta(pattern="^(text|json)$", description="text or json")] = "text"
    level: Annotated[
        str,
        Meta(pattern="^(debug|info|warning|error)$", description="least severity that is logged"),
    ] = "info"
    calls_ok_share: Annotated[
        float,
        Meta(ge=0, le=1, description="share of the calls that ended well which get a line; 1: all"),
    ] = 1.0
    calls_slow_seconds: Annotated[
        float, Meta(ge=0, description="calls that took so many seconds always get a line")
    ] = 1.0
    calls_failed_per_second: Annotated[
        int,
        Meta(
            ge=0,
            description="failed calls of one status and reason that get a line each in a second;"
            " more are summarised in a line a second. 0: every one gets a line",
        ),
    ] = 10
