"""Runs the fragments of programs on a page: together, in their order, a program for each language.

A page shows the lines that matter. What stands around them (imports, a client of Alice) is a frame:
`frames/` has one for each language.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from support.documents.blocks import Block
from support.documents.place import Place

_FRAMES: Final = Path(__file__).with_name("frames")
_LIMIT: Final = 120.0


def run_python(place: Place, blocks: Sequence[Block]) -> None:
    """Run fragments in Python; raises `AssertionError` with what the program printed."""
    listed = place.scripts / "fragments.json"
    listed.write_text(
        json.dumps(
            [
                {
                    "page": block.page,
                    "line": block.line,
                    "text": place.here(block.text),
                    "endless": "keeps running" in block.marks,
                }
                for block in blocks
            ]
        )
    )
    _ended([sys.executable, str(_FRAMES / "python_fragments.py"), str(listed)], place)


def _ended(command: Sequence[str], place: Place) -> None:
    done = subprocess.run(
        command,
        cwd=place.folder,
        env=dict(place.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]}:\n{done.stdout}\n{done.stderr}"
