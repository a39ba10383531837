"""A terminal: a shell that commands are typed into, whose programs believe that a person reads.

What it shows is a pseudo-terminal's, so a program prints what it prints for people, at the moment
it prints it. Colours are off.
"""

import codecs
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

_END: Final = "\x1e"
"""What the shell prints before and after the status of a command; no program prints it."""
_UNSEEN: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1d\x1f\x7f]")
"""Colours, and what a terminal does not show."""
_ROWS, _COLUMNS = 50, 400
_TO_END: Final = 10.0


class TerminalError(Exception):
    """A command did not do in time what its page says."""


class Terminal:
    """A shell in a folder. Commands run one after the other; the last one may keep running."""

    def __init__(self, folder: Path, environment: Mapping[str, str], scripts: Path) -> None:
        self._scripts = scripts
        self._environment = environment
        self._count = 0
        self._output = ""
        self._ended = False
        self._news = threading.Condition()
        self._master, slave = pty.openpty()
        _quiet(slave)
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=slave,
            stderr=slave,
            text=True,
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def run(self, command: str, limit: float) -> tuple[int, str]:
        """Type a command and wait for its end; return its status and what it printed."""
        self.start(command)
        if not self._wait(lambda: self._status() is not None, limit):
            raise TerminalError(f"{command!r} has not ended after {limit:g} s:\n{self._output}")
        status = self._status()
        assert status is not None
        return status, self.output

    def start(self, command: str) -> None:
        """Type a command, and leave it running."""
        if self.busy:
            raise TerminalError(f"{command!r} is typed while another command runs here")
        self._count += 1
        script = self._scripts / f"{id(self)}-{self._count}.sh"
        script.write_text(command + "\n", "utf-8")
        self._output = ""
        typed = f". '{script}' </dev/null; printf '{_END}%s{_END}' \"$?\"\n"
        assert self._shell.stdin is not None
        self._shell.stdin.write(typed)
        self._shell.stdin.flush()

    def shows(self, expected: re.Pattern[str], limit: float) -> bool:
        """Say whether the running command prints what is expected, within a time."""
        self._wait(lambda: bool(expected.match(self.output)) or self._status() is not None, limit)
        return bool(expected.match(self.output))

    @property
    def busy(self) -> bool:
        """Whether a command runs."""
        return self._count > 0 and self._status() is None

    @property
    def output(self) -> str:
        """What the last command has printed so far, each line with its end."""
        text = _UNSEEN.sub("", self._output.partition(_END)[0])
        return text if not text or text.endswith("\n") else text + "\n"

    def close(self) -> None:
        """End the shell and what still runs in it: first as Ctrl-C does."""
        if self._shell.poll() is None:
            assert self._shell.stdin is not None
            self._shell.stdin.close()
            for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                _signal_group(self._shell.pid, how)
                try:
                    self._shell.wait(_TO_END)
                except subprocess.TimeoutExpired:
                    continue
                break
        _signal_group(self._shell.pid, signal.SIGKILL)
        self._reader.join(_TO_END)
        os.close(self._master)

    def _status(self) -> int | None:
        _, begun, rest = self._output.partition(_END)
        status, ended, _ = rest.partition(_END)
        return int(status) if begun and ended else None

    def _wait(self, condition: Callable[[], bool], limit: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: condition() or self._ended, limit) and condition()

    def _read(self) -> None:
        """Keep what the terminal shows, until nobody holds it any more."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # how Linux says that the other side is closed
                data = b""
            with self._news:
                self._output += decoder.decode(data)
                self._ended = not data
                self._news.notify_all()
            if not data:
                return


def _quiet(slave: int) -> None:
    """Make a terminal show what is written to it and nothing else: no echo, no carriage returns."""
    settings = termios.tcgetattr(slave)
    settings[1] &= ~termios.OPOST
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))


def _signal_group(leader: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, how)
