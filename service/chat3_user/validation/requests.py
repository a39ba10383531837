"""The one function that applies the rules of a request."""

from typing import Any, Final

from chat3_user.errors._failures import FieldViolation, invalid_fields
from chat3_user.validation.rules import Rules

# A status with its details travels in HTTP/2 trailers, which clients limit to 8 KiB by default.
MAX_REPORTED: Final = 32


def validate(request: Any, rules: Rules) -> None:
    """Raise the failure that names every broken field rule of the request, or return."""
    found: list[FieldViolation] | None = None
    for name, of_field in rules.items():
        value = getattr(request, name)
        for rule in of_field:
            problems = rule.problems(value, request)
            if problems:
                found = [] if found is None else found
                found.extend(FieldViolation(name + item.where, item.rule) for item in problems)
                if rule.final:
                    break
    if found is not None:
        raise invalid_fields(found[:MAX_REPORTED])
