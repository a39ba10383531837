"""Prints answers and failures, for people or as JSON lines."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import betterproto2

from chat3_cli import caret, json_output
from chat3_cli.failures import hint_of, title, to_json
from chat3_cli.style import RED, YELLOW, Style, clock, safe, terminal_columns
from chat3_client import Chat3Error


@dataclass(frozen=True, slots=True)
class Output:
    """Where and how the command prints."""

    as_json: bool
    style: Style
    error_style: Style
    columns: int | None = None
    """The width of the terminal; nothing when there is none: then lines are not bounded."""

    @classmethod
    def to_standard_streams(cls, *, as_json: bool) -> "Output":
        """Print to standard output and standard error."""
        return cls(
            as_json, Style.of(sys.stdout), Style.of(sys.stderr), terminal_columns(sys.stdout)
        )

    def answer(self, message: betterproto2.Message, lines: Iterable[str]) -> None:
        """Print a response: the message itself as JSON, or the lines that say it in words."""
        for line in [json_output.line(message)] if self.as_json else lines:
            self.line(line)

    def line(self, text: str) -> None:
        """Print one line at once, so that the reader of a pipe never waits for a full buffer."""
        print(text, flush=True)

    def warning(self, text: str) -> None:
        """Say what a caller should know of a call that succeeded."""
        if self.as_json:
            _complain(json_output.dump({"warning": text}))
            return
        _complain(f"{self.error_style.paint('warning:', YELLOW)} {safe(text)}")

    def note(self, text: str) -> None:
        """Say on the side how things stand; as JSON the responses say it themselves."""
        if not self.as_json:
            _complain(safe(text))

    def complaint(self, text: str) -> None:
        """Say why the command cannot even begin."""
        if self.as_json:
            _complain(json_output.dump({"error": {"message": text}}))
            return
        _complain(f"{self.error_style.paint('error:', RED)} {safe(text)}")

    def failure(self, error: Chat3Error, given: Mapping[str, object] | None = None) -> None:
        """Print why the command failed; point to the place in what was `given` that is wrong."""
        if self.as_json:
            _complain(json_output.dump({"error": to_json(error)}))
            return
        _complain(f"{self.error_style.paint('error:', RED)} {safe(title(error))}")
        columns = terminal_columns(sys.stderr)
        for broken in error.violations:
            name, rule = broken.field, broken.description
            _complain(f"  {safe(name)}: {safe(rule)}")
            for line in caret.under((given or {}).get(name), rule, columns):
                _complain(f"    {line}")
        if hint := hint_of(error):
            _complain(f"  hint: {hint}")
        if error.request_id:
            _complain(f"  request id: {safe(error.request_id)}")

    def reconnecting(self, error: Chat3Error, pause: float) -> None:
        """Say that the stream broke and when it is opened again."""
        if self.as_json:
            seconds = round(pause, 3)
            _complain(json_output.dump({"error": to_json(error), "reconnectInSeconds": seconds}))
            return
        word = self.error_style.paint("reconnecting", YELLOW)
        _complain(f"{clock(None)} {word} in {pause:.1f} s: {safe(title(error))}")


def _complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
