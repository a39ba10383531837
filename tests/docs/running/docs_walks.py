"""The ways from an empty folder to a received update, each by the places of its text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from support.documents.blocks import Block, blocks_of
from support.documents.catalogue import PROJECT

START: Final = "docs/start/index.md"
PROGRAM: Final = "docs/start/program.md"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page: what stands below a heading, or in the tabs of a label."""

    page: str
    section: str = ""
    tab: str = ""

    def blocks(self) -> list[Block]:
        """Return the blocks of this part, outside of tabs or in those of the label."""
        return [
            block
            for block in blocks_of(PROJECT, self.page)
            if self.section in ("", block.section) and set(block.tabs) <= {self.tab}
        ]


SERVICE: Final = Part(START, "Start the service", "From packages")


@dataclass(frozen=True, slots=True)
class Walk:
    """The parts of a way, in the order in which a newcomer reads them."""

    parts: Sequence[Part]
    needs: Sequence[str] = ()
    """The programs that the machine has to have."""
    managers: Sequence[str] = ("pip",)
    """The package managers that have to find our packages."""

    def blocks(self) -> list[Block]:
        """Return the blocks of all parts."""
        return [block for part in self.parts for block in part.blocks()]


WALKS: Final = {
    "curl": Walk([SERVICE, Part(START, "With curl")], ["curl"]),
    "the command": Walk([SERVICE, Part(START, "With the chat3 command")]),
    "Python": Walk([SERVICE, Part(PROGRAM, tab="Python")]),
    "TypeScript": Walk([SERVICE, Part(PROGRAM, tab="TypeScript")], ["node", "npm"], ["pip", "npm"]),
    "Go": Walk([SERVICE, Part(PROGRAM, tab="Go")], ["go"], ["pip", "go"]),
}
