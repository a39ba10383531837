"""The metadata of answers: which request it was, and whether the answer is a replay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_NAME: Final = "_chat3_answer"


@dataclass(slots=True)
class Answer:
    """What came with an answer, beside its message."""

    initial: dict[str, str] = field(default_factory=dict)
    trailers: dict[str, str] = field(default_factory=dict)
    idempotency_key: str = ""
    attempts: int = 1


def answer_of(response: Any) -> Answer:
    """Return what came with a response of this library.

    Raises `LookupError` for a message that is no response, or is a copy of one.
    """
    try:
        found: Answer = vars(response)[_NAME]
    except KeyError as error:
        raise LookupError(f"{type(response).__name__} did not come as an answer") from error
    return found


def note(response: Any, answer: Answer) -> None:
    """Keep what came with a response at the response."""
    vars(response)[_NAME] = answer


def trailers_of(response: Any) -> Mapping[str, str]:
    """Return the trailing metadata that a response came with, raw."""
    return answer_of(response).trailers


def request_id(response: Any) -> str:
    """Return the id that names the call in the service's logs."""
    return answer_of(response).trailers.get("x-request-id", "")


def replayed(response: Any) -> bool:
    """Return whether the response repeats that of an earlier call with the same idempotency key."""
    return answer_of(response).trailers.get("idempotency-replayed") == "true"
