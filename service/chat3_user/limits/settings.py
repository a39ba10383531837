"""How many calls and streams one worker has places for, and how often users and keys may call."""

from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta

RATE_PATTERN: Final = "^([1-9][0-9]{0,8}/(second|minute|hour))?$"
"""A rate limit: so many calls in a period."""


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """Places of one worker, and how many refused keys an address may bring to it."""

    calls: Annotated[
        int,
        Meta(
            ge=1,
            description="most concurrent unary calls on one worker; further calls are asked to"
            " retry",
        ),
    ] = 1000
    streams_per_key: Annotated[
        int, Meta(ge=1, description="most open streams of one API key on one worker")
    ] = 5000
    refused_keys_per_address: Annotated[
        str,
        Meta(
            pattern=RATE_PATTERN,
            description="most calls with a refused API key from one address; after that,"
            " unverified keys from it are refused without a check; empty means unlimited",
        ),
    ] = "600/minute"


@dataclass(frozen=True, slots=True)
class RateSettings:
    """Rates by who calls and by kind of call."""

    user_read: Annotated[
        str,
        Meta(
            pattern=RATE_PATTERN,
            description="rate limit for read calls of one user, such as 600/minute; empty means"
            " unlimited",
        ),
    ] = ""
    user_write: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="write calls of one user")
    ] = ""
    user_typing: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="typing calls of one user")
    ] = ""
    user_subscribe: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="subscribe calls of one user")
    ] = ""
    key_read: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="read calls of one API key")
    ] = ""
    key_write: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="write calls of one API key")
    ] = ""
    key_typing: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="typing calls of one API key")
    ] = ""
    key_subscribe: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="subscribe calls of one API key")
    ] = ""
