"""Where lines go: nobody waits for who reads them, none is cut by another's, a loss is said."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from textwrap import dedent

import pytest

from chat3_user.logs.lines import Lines

WRITER = dedent(
    """
    import sys
    from chat3_user.logs.lines import Lines

    lines = Lines(1, lambda count: b"")
    for number in range(3000):
        lines.write(f"{sys.argv[1] * (number % 700)}.\\n".encode())
    lines.close()
    """
)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    out, into = os.pipe()
    yield out, into
    for descriptor in (out, into):
        os.close(descriptor)


def lost(count: int) -> bytes:
    return b"%d lost\n" % count


def test_who_logs_does_not_wait_for_a_reader_that_takes_nothing(pipe: tuple[int, int]) -> None:
    out, into = pipe
    lines = Lines(into, lost)
    line = b"x" * 99 + b"\n"
    for _ in range(60_000):
        lines.write(line)
    # All of that was taken, though the pipe is full: now somebody reads.
    seen = bytearray()

    def read() -> None:
        while b" lost\n" not in seen:
            seen.extend(os.read(out, 65_536))

    reader = threading.Thread(target=read)
    reader.start()
    reader.join()
    said = next(each for each in seen.split(b"\n") if each.endswith(b" lost"))
    closing = threading.Thread(target=lines.close)
    closing.start()
    while closing.is_alive() or len(seen) < 100:
        closing.join(0.01)
        os.set_blocking(out, False)
        try:
            seen.extend(os.read(out, 65_536))
        except BlockingIOError:
            continue
    written = seen.count(line)
    assert written + int(said.split()[0]) == 60_000


def test_lines_of_two_processes_in_one_pipe_stay_whole(pipe: tuple[int, int]) -> None:
    out, into = pipe
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, letter], stdout=into) for letter in "ab"
    ]
    wanted = 2 * (sum(number % 700 for number in range(3000)) + 2 * 3000)
    seen = bytearray()
    while len(seen) < wanted:
        seen.extend(os.read(out, 65_536))
    assert [writer.wait(30) for writer in writers] == [0, 0]
    for line in seen.decode().splitlines():
        assert line.strip("ab") == "."
        assert len(set(line)) <= 2


def test_a_reader_that_has_gone_stops_nobody() -> None:
    out, into = os.pipe()
    os.close(out)
    lines = Lines(into, lost)
    for _ in range(1000):
        lines.write(b"x" * 100 + b"\n")
    lines.close()
    os.close(into)
