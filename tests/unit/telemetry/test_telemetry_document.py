"""`docs/tracing.md` names what spans have, all of it and nothing else."""

import re
from pathlib import Path

NAMED = re.compile(r"`((?:rpc|http|url|server|db|messaging|error|chat3)\.[a-z_.]+)`")
SET = re.compile(r'"((?:rpc|http|url|server|db|messaging|error|chat3)\.[a-z_.]+)"')


def test_the_table_of_attributes_is_that_of_the_code(project: Path) -> None:
    text = (project / "docs" / "tracing.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    described = {name for row in rows for name in NAMED.findall(row.split(" | ")[0])}
    folder = project / "service" / "chat3_user" / "telemetry"
    assert described == {
        name for module in folder.glob("otel*.py") for name in SET.findall(module.read_text())
    }


def test_every_variable_that_is_read_is_named(project: Path) -> None:
    text = (project / "docs" / "tracing.md").read_text()
    opening = project / "service" / "chat3_user" / "telemetry" / "opening.py"
    read = set(re.findall(r'"(OTEL_[A-Z_]+)"', opening.read_text()))
    assert read
    assert {name for name in read if f"`{name}`" not in text} == set()
