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
        Meta(pattern="^(debug|info|warning|error)$", description="lowest severity to log"),
    ] = "info"
    calls_ok_share: Annotated[
        float,
        Meta(ge=0, le=1, description="share of successful calls that get a log line; 1 means all"),
    ] = 1.0
    calls_slow_seconds: Annotated[
        float, Meta(ge=0, description="calls that take longer, in seconds, always get a log line")
    ] = 1.0
    calls_failed_per_second: Annotated[
        int,
        Meta(
            ge=0,
            description="most failed calls of one status and reason per second that get their own"
            " log line; more are summarised in one line per second; 0 gives every one a line",
        ),
    ] = 10
