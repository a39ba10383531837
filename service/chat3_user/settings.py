"""What the settings of all parts have in common: how one that breaks a rule is reported.

A part states its settings as a frozen dataclass of its own. A field that an operator may set has
its rule and the text of ``--help`` in its annotation; `chat3_user.config` gives it a variable.
"""

from collections.abc import Callable


class ConfigError(Exception):
    """Settings break their rules: a line for each, which begins with its variable."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def check_all(*checks: Callable[[], object]) -> None:
    """Run all checks; raise one `ConfigError` with what all of them found."""
    problems: list[str] = []
    for check in checks:
        try:
            check()
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(*problems)
