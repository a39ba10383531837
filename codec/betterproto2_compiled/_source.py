"""Python source under construction: lines, the names they use, and the field of each line."""

from __future__ import annotations

import linecache
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_serial = count(1)


class Source:
    """One function being written.

    The names that its code uses live in ``names``, which become the function's globals; functions
    of other classes are put there after all are compiled, so that classes may be recursive.
    """

    def __init__(self, signature: str, names: dict[str, Any], about: str | None = None) -> None:
        self.names = names
        self.fields: dict[int, str] = {}
        self._lines = [signature]
        self._indent = 1
        self._about = about
        self._field = about

    def add(self, *lines: str) -> None:
        """Append lines at the present indentation."""
        for line in lines:
            self._lines.append("    " * self._indent + line)
            if self._field is not None:
                self.fields[len(self._lines)] = self._field

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Append a line that opens a block, and indent what follows."""
        self.add(opening)
        self._indent += 1
        yield
        self._indent -= 1

    @contextmanager
    def field(self, name: str) -> Iterator[None]:
        """Remember that the lines inside are about a field, for error texts."""
        self._field = self._about or name
        yield
        self._field = self._about

    def text(self) -> str:
        """Give the whole source."""
        return "\n".join(self._lines) + "\n"

    def compile(self, name: str, title: str) -> Callable[..., Any]:
        """Compile the source and return the function it defines.

        Tracebacks show its lines, as they do for attrs and dataclasses.
        """
        text = self.text()
        filename = f"<betterproto2_compiled {title} #{next(_serial)}>"
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        self.names["_field_of_line"] = self.fields
        # The text is made of field numbers and identifiers of generated classes, never of input.
        exec(compile(text, filename, "exec"), self.names)  # noqa: S102 (as said)
        function: Callable[..., Any] = self.names[name]
        return function
