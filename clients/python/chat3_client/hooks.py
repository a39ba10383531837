"""What an application can hang on every attempt of a call: spans, metrics, logs, more metadata."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field

from chat3_client.answers import Answer


@dataclass(slots=True)
class Attempt:
    """One attempt of a call, or one stream from its opening to its end."""

    method: str
    """The method's full name, such as `chat3.user.v1.UserService/SendMessage`."""
    number: int
    """Counts the attempts of one call from 1."""
    address: str
    metadata: dict[str, str] = field(repr=False)
    """What is sent with the call, keys and tokens too. A hook may add a `traceparent`, say."""
    answer: Answer = field(default_factory=Answer)
    """What came back; complete when the attempt is over."""


Hook = Callable[[Attempt], AbstractContextManager[None]]
"""Is entered before an attempt and left after it, with its exception if it fails."""


@contextmanager
def entered(hooks: Sequence[Hook], attempt: Attempt) -> Iterator[None]:
    """Enter all hooks for a block; the last one is left first."""
    with ExitStack() as stack:
        for hook in hooks:
            stack.enter_context(hook(attempt))
        yield
