"""What a route of tenant-api is: data from which its paths are made and its answers are read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Generic, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec

from chat3_user.errors import CallError
from chat3_user.tenant_api.models import Problem
from chat3_user.validation import Identity

T = TypeVar("T")

_SEGMENT: Final = re.compile(r"\{([a-z_]+)\}")
_USER: Final = "user_id"
_ESCAPED: Final = 4096
_NOWHERE: Final = frozenset({"", ".", ".."})
"""What no escape keeps within its segment: URLs are normalised on their way."""


@dataclass(frozen=True, slots=True, eq=False)
class Route(Generic[T]):
    """One route: ``template`` names its segments, ``model`` is the type of its answers.

    ``not_found`` says what 404 means when it is not about the tenant, ``forbidden`` what 403 means
    when no permission is lacking, ``bad_request`` what 400 means, ``conflict`` what 409 means.
    Where they are absent, or say nothing, the answer is one this service does not understand.
    ``since`` is a version of the platform that has the route: one without it is told as too old.
    """

    method: str
    template: str
    model: type[T]
    not_found: "Meaning | None" = None
    forbidden: "Meaning | None" = None
    bad_request: "Meaning | None" = None
    conflict: "Meaning | None" = None
    since: str = ""
    name: str = field(init=False)
    reads: bool = field(init=False)
    segments: tuple[str, ...] = field(init=False)
    decoder: msgspec.json.Decoder[T] = field(init=False)
    _pattern: str = field(init=False)

    def __post_init__(self) -> None:
        made: dict[str, Any] = {
            "name": f"{self.method} {self.template}",
            "reads": self.method == "GET",
            "segments": tuple(_SEGMENT.findall(self.template)),
            "decoder": msgspec.json.Decoder(self.model),
            "_pattern": _SEGMENT.sub("%s", self.template),
        }
        for attribute, value in made.items():
            object.__setattr__(self, attribute, value)

    def path(self, identity: Identity, segments: Mapping[str, str]) -> str:
        """Return the path with its segments escaped; the user is the calling one unless given.

        A back end, which acts for no user, has to give one. Raises ``TypeError`` for a segment that
        is missing or that the route does not have, and ``ValueError`` for one that cannot be a
        segment.
        """
        values = []
        given = len(segments)
        for name in self.segments:
            value = segments.get(name)
            if value is not None:
                given -= 1
            elif name == _USER and identity.user_id:
                value = identity.user_id
            else:
                raise TypeError(f"{self.name} lacks its segment {name}")
            values.append(_escaped(value))
        if given:
            unknown = sorted(set(segments) - set(self.segments))
            raise TypeError(f"{self.name} has no segments {unknown}")
        return self._pattern % tuple(values)


class Request(msgspec.Struct, Generic[T], frozen=True):
    """One request to a route: ``path`` with its query, and ``body`` as it is sent.

    ``segments`` and ``content`` are what both were made of, for those who say what a refusal means.
    ``resend`` says how often it was sent before.
    """

    route: Route[T]
    identity: Identity
    path: str
    segments: Mapping[str, str]
    content: Any = None
    body: bytes | None = None
    resend: int = 0


Meaning: TypeAlias = Callable[[Problem, Request[Any]], CallError | None]
"""Says what a refusal of a request means; nothing when it is not understood."""


@lru_cache(_ESCAPED)
def _escaped(value: str) -> str:
    if value in _NOWHERE:
        raise ValueError("a segment of a path is empty, or leads elsewhere")
    return quote(value, safe="")
