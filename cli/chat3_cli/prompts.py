"""Asks at the terminal. Secrets are typed without echo, and nothing is asked where nobody is."""

import getpass
import sys
import warnings

from chat3_cli.settings.errors import SettingsError


def can_ask() -> bool:
    """Say whether somebody sits at a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str, default: str = "") -> str:
    """Ask for a text; an empty answer is the default.

    Raises `KeyboardInterrupt` also at the end of the input: nobody wants to go on.
    """
    shown = f" [{default}]" if default else ""
    # On standard error, so that standard output holds answers only.
    print(f"{question}{shown}: ", end="", file=sys.stderr, flush=True)
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        raise SettingsError("what was typed is no valid UTF-8") from None
    if not line:
        print(file=sys.stderr)
        raise KeyboardInterrupt
    return line.strip() or default


def ask_secret(question: str) -> str:
    """Ask for a secret without showing it; raise `KeyboardInterrupt` as `ask` does.

    Raises `SettingsError` where the terminal cannot hide it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"{question} (not shown): ", stream=sys.stderr).strip()
        except getpass.GetPassWarning:
            raise needs_terminal("--api-key-file or --token-file") from None
        except EOFError:
            print(file=sys.stderr)
            raise KeyboardInterrupt from None


def say(text: str) -> None:
    """Say something between two questions."""
    print(text, file=sys.stderr)


def yes(question: str) -> bool:
    """Ask for a yes."""
    return ask(f"{question} (y/N)").lower() in ("y", "yes")


def needs_terminal(what: str) -> SettingsError:
    """Give the complaint that there is nobody to ask."""
    return SettingsError(f"there is no terminal to ask at: give {what}")
