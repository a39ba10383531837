"""Does what a page says, block by block, as a reader does: types, saves files, and looks."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from support.documents.blocks import SHELL, Block
from support.documents.commands import Command, commands
from support.documents.place import Place
from support.documents.shown import pattern
from support.documents.terminal import Terminal

_LIMIT: Final = 180.0
"""Seconds that a command may take: packages are installed among other things."""
_TO_SHOW: Final = 30.0
"""Seconds within which what a page shows has to come."""


@dataclass(slots=True)
class Figures:
    """What was done."""

    commands: int = 0
    files: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Watched:
    """A command that keeps running, and what its page shows of it."""

    place: str
    terminal: Terminal
    shown: list[str]


@dataclass(slots=True)
class Player:
    """One reader, in one folder, with as many terminals as the page asks for."""

    place: Place
    figures: Figures = field(default_factory=Figures)
    _terminals: dict[str, Terminal] = field(default_factory=dict)
    _watched: list[_Watched] = field(default_factory=list)

    def play(self, blocks: Iterable[Block]) -> None:
        """Do what blocks say, in their order."""
        began = time.monotonic()
        for block in blocks:
            if block.skipped:
                continue
            if block.title:
                self._save(block)
            elif block.language in SHELL:
                self._type(block)
        self.figures.seconds += time.monotonic() - began

    def look(self) -> None:
        """Look at what keeps running: it has to show all that the pages show."""
        began = time.monotonic()
        for watched in self._watched:
            shown = [self.place.here(line) for line in watched.shown]
            came = watched.terminal.shows(pattern(shown), _TO_SHOW)
            assert came, _other(watched.place, shown, watched.terminal.output)
        self.figures.seconds += time.monotonic() - began

    def close(self) -> None:
        """Close all terminals."""
        for terminal in reversed(self._terminals.values()):
            terminal.close()

    def _save(self, block: Block) -> None:
        file = self.place.folder / block.title
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.place.here(block.text), "utf-8")
        self.figures.files += 1

    def _type(self, block: Block) -> None:
        typed = commands(block)
        assert typed, f"{block.place}: there is no command in it"
        for command in typed:
            self.figures.commands += 1
            last = command is typed[-1]
            if last and "keeps running" in block.marks:
                self._start(block, command)
            else:
                self._run(block, command, fails=last and "fails" in block.marks)

    def _terminal(self, name: str) -> Terminal:
        if name not in self._terminals:
            place = self.place
            self._terminals[name] = Terminal(place.folder, place.environment, place.scripts)
        return self._terminals[name]

    def _run(self, block: Block, command: Command, *, fails: bool) -> None:
        place = f"{block.page}:{command.line}"
        status, output = self._terminal(block.terminal).run(self.place.here(command.text), _LIMIT)
        assert bool(status) == fails, f"{place}: {command.text!r} gave {status}:\n{output}"
        if command.shown:
            shown = [self.place.here(line) for line in command.shown]
            assert pattern(shown).fullmatch(output), _other(place, shown, output)

    def _start(self, block: Block, command: Command) -> None:
        """Start what keeps running, and wait for the first line that the page shows of it."""
        place = f"{block.page}:{command.line}"
        assert command.shown, f"{place}: nothing says when {command.text!r} has started"
        terminal = self._terminal(block.terminal)
        terminal.start(self.place.here(command.text))
        first = [self.place.here(line) for line in command.shown[: _first_sign(command.shown)]]
        assert terminal.shows(pattern(first), _LIMIT), _other(place, first, terminal.output)
        self._watched.append(_Watched(place, terminal, command.shown))


@contextmanager
def playing(place: Place) -> Iterator[Player]:
    """Give a reader for the block; at its end all that was shown has come, and nothing runs on."""
    player = Player(place)
    try:
        yield player
        player.look()
    finally:
        player.close()


def _first_sign(shown: list[str]) -> int:
    """Return how many lines have to come before a command counts as started."""
    return next((n for n, line in enumerate(shown, 1) if line.strip(" .…")), len(shown))


def _other(place: str, shown: list[str], output: str) -> str:
    lines = "\n".join(shown)
    return f"{place}: the page shows\n{lines}\nand it was\n{output}"
