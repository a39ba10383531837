"""The commands of a block, each with what the page shows of its output."""

import subprocess
from dataclasses import dataclass, field
from functools import cache

from support.documents.blocks import Block


@dataclass(slots=True)
class Command:
    """One command as it is typed, over as many lines as it has."""

    line: int
    """Its line on the page, counted from 1."""
    text: str
    shown: list[str] = field(default_factory=list)
    """What the page shows below it."""


def commands(block: Block) -> list[Command]:
    """Return the commands of a block of shell commands.

    In a block of `console` a command follows a prompt, `$` or `#`; other lines are what it shows.
    Other blocks hold commands alone; there comments are left out.
    """
    found: list[Command] = []
    prompts = ("$ ", "# ") if block.language == "console" else ()
    complete = True
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        if not complete:
            found[-1].text += "\n" + (line.removeprefix("> ") if prompts else line)
        elif prompts and not line.startswith(prompts):
            if found:
                found[-1].shown.append(line)
            continue
        elif line.strip() and (prompts or not line.lstrip().startswith("#")):
            found.append(Command(number, line[2:] if prompts else line))
        else:
            continue
        complete = is_complete(found[-1].text)
    return found


@cache
def is_complete(text: str) -> bool:
    """Say whether a shell would run this, or would ask for another line."""
    if text.endswith("\\"):
        return False
    if not any(sign in text for sign in ("<<", "'", '"', "`", "(", "{", "do", "then")):
        return True
    checked = subprocess.run(
        ["bash", "-n"], input=text + "\n", capture_output=True, text=True, timeout=10, check=False
    )
    return not any(
        sign in checked.stderr
        for sign in ("unexpected EOF", "unexpected end of file", "here-document")
    )
