"""Starts the `chat3` command and turns its end into an exit code."""

import asyncio
import os
import sys
from collections.abc import Sequence

from chat3_cli.command_line import Invocation, parse
from chat3_cli.failures import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, exit_code
from chat3_cli.groups import GROUPS
from chat3_cli.local import Context, Local
from chat3_cli.output import Output
from chat3_cli.settings import config_file
from chat3_cli.settings.errors import SettingsError
from chat3_client import Chat3Error


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code that the help text promises."""
    _have_standard_streams()
    try:
        try:
            return _performed(parse(sys.argv[1:] if argv is None else argv, os.environ))
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output is gone. What is still buffered goes nowhere, or the interpreter
        # would complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INTERRUPTED
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_FAILED


def _performed(invocation: Invocation) -> int:
    args, command = invocation.args, invocation.command
    out = Output.to_standard_streams(as_json=args.json)
    try:
        if isinstance(command, Local):
            place = config_file.path(os.environ)
            context = Context(args, invocation.settings, place, os.environ, GROUPS, out)
            return command.perform(context)
        return asyncio.run(command.run(args, invocation.open_session, out))
    except Chat3Error as error:
        out.failure(error, given=vars(args))
        return exit_code(error)
    except SettingsError as error:
        out.complaint(str(error))
        return EXIT_USAGE


def _have_standard_streams() -> None:
    """Let output go nowhere where the caller has closed a stream."""
    # A terminal that cannot show a character shows another one; it ends nothing.
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
