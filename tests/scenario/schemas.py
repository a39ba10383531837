"""Writes the JSON schemas of scenarios and outcomes, from their types.

PYTHONPATH=tests python -m scenario.schemas
"""

from pathlib import Path
from typing import Final

import msgspec

from scenario.model import SCHEMAS

FOLDER: Final = Path(__file__).resolve().parent
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def written(name: str) -> str:
    """Return a schema as its file has it."""
    schema = {"$schema": _DIALECT, **msgspec.json.schema(SCHEMAS[name])}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


if __name__ == "__main__":
    for each in SCHEMAS:
        (FOLDER / each).write_text(written(each))
