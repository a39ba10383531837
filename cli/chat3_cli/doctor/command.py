"""The command `chat3 doctor`."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from chat3_cli import json_output
from chat3_cli.doctor.diagnosis import examined
from chat3_cli.doctor.findings import Finding, Outcome
from chat3_cli.failures import EXIT_OK
from chat3_cli.local import Context, Local
from chat3_cli.style import DIM, GREEN, RED, YELLOW, Style, safe

PATIENCE_SECONDS = 10.0
_WORDS = {
    Outcome.OK: ("OK", GREEN),
    Outcome.WARNING: ("LOOK", YELLOW),
    Outcome.WRONG: ("WRONG", RED),
    Outcome.NOT_CHECKED: ("-", DIM),
}
_WORD_COLUMNS = max(len(word) for word, _ in _WORDS.values())
_CHECK_COLUMNS = len("connection")


@dataclass(frozen=True, kw_only=True)
class Doctor(Local):
    """The command that finds out what is wrong."""

    def perform(self, context: Context) -> int:
        """Print each finding as soon as it is known; the first that is wrong decides the code."""
        return asyncio.run(_examine(context))


async def _examine(context: Context) -> int:
    out, code = context.out, EXIT_OK
    patience = context.args.timeout or PATIENCE_SECONDS
    async for finding in examined(context.settings, patience):
        code = code or finding.exit_code
        if out.as_json:
            out.line(json_output.dump(finding.to_json()))
            continue
        for line in _lines(finding, out.style):
            out.line(line)
    return code


def _lines(finding: Finding, style: Style) -> Iterator[str]:
    word, colour = _WORDS[finding.outcome]
    shown = style.paint(f"{word:<{_WORD_COLUMNS}}", colour)
    yield f"{shown}  {finding.check:<{_CHECK_COLUMNS}}  {safe(finding.text)}"
    if finding.advice:
        yield f"{' ' * (_WORD_COLUMNS + _CHECK_COLUMNS + 4)}{safe(finding.advice)}"
