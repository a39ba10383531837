"""The rules of requests for a stream of many users."""

from dataclasses import dataclass
from typing import Any, Protocol

from chat3_user.validation.rules import KEPT, Problem, Problems
from chat3_user.validation.text import is_longer
from chat3_user.validation.user_ids import UserId, normal_user_id

_TOKEN_MAX = 1024


class _ToWatch(Protocol):
    user_id: str
    resume_token: str


@dataclass(frozen=True, slots=True)
class ToWatch:
    """A user to be watched, and where to go on."""

    words: str = f"with {UserId().words} and a resume token of at most {_TOKEN_MAX} characters"
    final: bool = True

    def problems(self, value: _ToWatch, _request: Any) -> Problems:
        """Return what the value breaks."""
        found = [
            Problem(f".user_id{problem.where}", problem.rule)
            for problem in UserId().problems(value.user_id, None)
        ]
        if is_longer(value.resume_token, _TOKEN_MAX):
            found.append(Problem(".resume_token", f"at most {_TOKEN_MAX} characters"))
        return found


@dataclass(frozen=True, slots=True)
class NoUserTwice:
    """Users to be watched who are named once, and not in ``unwatch``."""

    words: str = "no user twice, and none that is in `unwatch`"
    final: bool = False

    def problems(self, value: list[_ToWatch], request: Any) -> Problems:
        """Return what the value breaks."""
        seen = {normal_user_id(user_id) for user_id in request.unwatch}
        found = []
        for place, to_watch in enumerate(value):
            user_id = normal_user_id(to_watch.user_id)
            if user_id is not None and user_id in seen:
                found.append(Problem(f"[{place}].user_id", self.words))
            seen.add(user_id)
        return found or KEPT
