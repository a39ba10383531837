"""Asks Harper, which reads Markdown, about spelling and grammar."""

import json
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Final

from prose.findings import Finding

_HERE: Final = Path(__file__).parent
_DICTIONARY: Final = _HERE / "dictionary.txt"
_SPELLING: Final = "SpellCheck"
# Names have digits, or capitals within; an `s` is left of the genitive of a piece of code.
_NAME: Final = re.compile(r"\d|\w[A-Z]|^[rs]\W*$")
_COMMAND: Final = ("harper", "lint", "--no-color", "--format", "json", "--dialect", "gb")


def grammar(files: Sequence[Path]) -> Iterator[Finding]:
    """Yield what Harper finds; raises `RuntimeError` when it gives no answer."""
    without = tomllib.loads((_HERE / "harper.toml").read_text("utf-8"))["without"]
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(  # noqa: S603 -- the command is ours
            [
                *_COMMAND,
                "--user-dict-path",
                str(_DICTIONARY),
                "--file-dict-path",
                empty,
                "--ignore",
                ",".join(without),
                *map(str, files),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if not done.stdout.startswith("["):
        raise RuntimeError(f"harper: {done.stderr or done.stdout}")
    dictionary = frozenset(_DICTIONARY.read_text("utf-8").split())
    # The answer names files without their folders, in the order in which they are asked about.
    for file, each in zip(files, json.loads(done.stdout), strict=True):
        if each["file"] != file.name:
            raise RuntimeError(f"harper: reads {each['file']}, not {file}")
        for lint in each["lints"]:
            if lint["rule"] == _SPELLING and known(lint["matched_text"], dictionary):
                continue
            yield Finding(
                str(file), lint["line"], lint["rule"], lint["matched_text"], lint["message"]
            )


def known(word: str, dictionary: Container[str]) -> bool:
    """Whether a word that Harper does not know is a name, or the genitive of one that we know."""
    return bool(_NAME.search(word)) or word.removesuffix("'s") in dictionary
