"""Prints what is wrong with the prose of some files.

    python -m prose FILE ...

Spelling and grammar are Harper's, without the rules that `harper.toml` names; `dictionary.txt` has
the words that it does not know; `phrases.toml` has phrases of our own.
"""

import sys
from pathlib import Path

from prose.findings import Finding
from prose.grammar import grammar
from prose.phrases import phrases


def main(files: list[Path]) -> int:
    """Print the findings; the result is the exit status."""
    found: list[Finding] = sorted([*grammar(files), *phrases(files)])
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    words = sum(len(file.read_text("utf-8").split()) for file in files)
    sys.stdout.write(f"prose: {len(files)} files, {words} words, {len(found)} findings\n")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
