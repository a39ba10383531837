"""Starts the `chat3` command and turns its end into an exit code."""

import asyncio
import os
import sys

from chat3_cli.command_line import parse
from chat3_cli.failures import EXIT_FAILED, EXIT_INTERRUPTED, CallFailedError
from chat3_cli.output import Output
from chat3_cli.session import Session


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code that the help text promises."""
    invocation = parse(sys.argv[1:] if argv is None else argv, os.environ)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows another one; it ends nothing.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    out = Output.to_standard_streams(as_json=invocation.args.json)

    def open_session() -> Session:
        return Session(invocation.target, invocation.identity)

    try:
        return asyncio.run(invocation.command.run(invocation.args, open_session, out))
    except CallFailedError as error:
        out.failure(error.failure)
        return error.failure.exit_code
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


if __name__ == "__main__":
    sys.exit(main())
