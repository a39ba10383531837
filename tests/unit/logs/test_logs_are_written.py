"""Where lines go: nobody waits for who reads them, none is cut by another's, a loss is said."""

import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat3_user.logs.lines import Lines


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


def test_each_write_has_whole_lines_and_is_one_that_pipes_do_not_mix() -> None:
    # Such a socket keeps writes apart, so that each can be seen.
    out, into = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with out, into:
        lines = Lines(into.fileno(), lost)
        sizes = [number * 37 % 700 for number in range(3000)] + [9000, 10]
        for size in sizes:
            lines.write(b"x" * size + b"\n")

        def close() -> None:
            lines.close()
            into.close()

        closing = threading.Thread(target=close)
        closing.start()
        writes: list[bytes] = []
        while write := out.recv(65_536):
            writes.append(write)
        closing.join()
    assert [len(line) for line in b"".join(writes).split(b"\n")[:-1]] == sizes
    assert all(write.endswith(b"\n") for write in writes)
    assert [len(write) for write in writes if len(write) > select.PIPE_BUF] == [9001]
    assert len(writes) < len(sizes) / 4, "lines are packed"


def test_a_reader_that_has_gone_stops_nobody() -> None:
    out, into = os.pipe()
    os.close(out)
    lines = Lines(into, lost)
    for _ in range(1000):
        lines.write(b"x" * 100 + b"\n")
    lines.close()
    os.close(into)


class Broken:
    """Summaries that cannot be made."""

    waiting = True

    def due(self, *, all_: bool) -> list[bytes]:
        raise ZeroDivisionError(all_)


def test_a_summary_that_cannot_be_made_does_not_end_the_log(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        lines = Lines(file.fileno(), lost)
        lines.summarise(Broken())
        lines.write(b"one\n")
        while "one" not in (tmp_path / "log").read_text():
            lines.nudge()
        lines.write(b"two\n")
        lines.close()
    written = (tmp_path / "log").read_text().splitlines()
    assert [line for line in written if not line.endswith("lost")] == ["one", "two"]
    assert len(written) > 2


def test_without_standard_error_no_other_descriptor_is_written_to(tmp_path: Path) -> None:
    program = (
        "import os, logging, socket\n"
        "from chat3_user import logs\n"
        f"taken = os.open({str(tmp_path / 'taken')!r}, os.O_WRONLY | os.O_CREAT)\n"
        "assert taken == 2, taken\n"
        "with logs.written(logs.LogSettings()):\n"
        "    logging.getLogger('chat3_user').warning('hello')\n"
    )
    command = ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, program]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0
    assert (tmp_path / "taken").read_bytes() == b""
