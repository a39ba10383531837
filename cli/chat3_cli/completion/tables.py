"""What the scripts of all shells look up: the values of options and positional arguments.

The key of an option's values is the path and the option; that of a positional argument's is the
path and its number: `watch --kind`, `status 3`.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence

from chat3_cli.completion.tree import Option, Place, Values


def choices(places: Sequence[Place]) -> Iterator[tuple[str, Sequence[str]]]:
    """Give the names that can be chosen from, by key."""
    for key, values in _values(places):
        if values.names:
            yield key, values.names


def patterns(
    places: Sequence[Place], of_all: Sequence[Option], wanted: Callable[[Values], bool]
) -> str:
    """Give a pattern, as a shell's `case` takes it, of the keys whose values are wanted."""
    everywhere = [f"*{shlex.quote(f' {it.flag}')}" for it in of_all if wanted(it.values)]
    return " | ".join([*everywhere, *map(shlex.quote, keys(places, wanted))])


def keys(places: Sequence[Place], wanted: Callable[[Values], bool]) -> list[str]:
    """Give the keys whose values are wanted."""
    return [key for key, values in _values(places) if wanted(values)]


def filled(script: str, parts: Mapping[str, str]) -> str:
    """Put the parts into a script, in place of their names between `@`."""
    for name, part in parts.items():
        script = script.replace(f"@{name}@", part)
    return script


def _values(places: Sequence[Place]) -> Iterator[tuple[str, Values]]:
    for place in places:
        for option in place.options:
            if option.values:
                yield f"{place.path} {option.flag}", option.values
        for number, values in enumerate(place.positionals, 1):
            if values:
                yield f"{place.path} {number}", values
