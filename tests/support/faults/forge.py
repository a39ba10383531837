"""Forks workers from a process that has imported the service: half of a start is that.

A test asks for one by `forged`. Here, where this module is run, is the process that forks: it gets
requests by the socket that is its standard input, and ends when that does. A keeper between it and
the worker waits for the worker's end. A worker is a process like any other, only that its modules
were imported before.
"""

import atexit
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from typing import BinaryIO, Final

_LENGTH: Final = struct.Struct(">I")

_DESCRIPTORS: Final = 64
"""More than this process has open."""


def forged(environment: Mapping[str, str]) -> tuple[BinaryIO, BinaryIO]:
    """Start a worker with ``environment``; return what it writes to stderr, and its news.

    These are two lines: its process id at once, and its exit status (of a signal, the number below
    zero) at the end.
    """
    stderr, errors = os.pipe()
    news, keeper = os.pipe()
    body = json.dumps(dict(environment)).encode()
    forge = _forge()
    try:
        socket.send_fds(forge, [_LENGTH.pack(len(body))], [errors, keeper])
        forge.sendall(body)
    finally:
        os.close(errors)
        os.close(keeper)
    return os.fdopen(stderr, "rb", 0), os.fdopen(news, "rb", 0)


@cache
def _forge() -> socket.socket:
    """Return the way to this process's forge, started by the first who asks."""
    near, far = socket.socketpair()
    with far:
        process = subprocess.Popen([sys.executable, __file__], stdin=far)

    def end() -> None:
        near.close()
        process.wait()

    atexit.register(end)
    return near


def _requests() -> None:
    """Fork for every request, until there are no more."""
    from chat3_user.__main__ import main

    with socket.socket(fileno=os.dup(0)) as near:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
        while True:
            head, passed, *_ = socket.recv_fds(near, _LENGTH.size, 2)
            if not head:
                return
            (length,) = _LENGTH.unpack(head)
            body = near.recv(length, socket.MSG_WAITALL)
            stderr, news = passed
            if os.fork() == 0:
                near.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                worker = os.fork()
                if worker == 0:
                    os.close(news)
                    _become(stderr, json.loads(body))
                    sys.exit(main([]))
                _keep(worker, news)
            os.close(stderr)
            os.close(news)


def _become(stderr: int, environment: Mapping[str, str]) -> None:
    """Have the streams and the environment of a worker."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream, to in ((0, nothing), (1, nothing), (2, stderr)):
        os.dup2(to, stream)
    os.close(nothing)
    os.close(stderr)
    os.environ.clear()
    os.environ.update(environment)


def _keep(worker: int, news: int) -> None:
    """Tell of the worker and of its end, and end."""
    try:
        os.closerange(0, news)
        os.closerange(news + 1, _DESCRIPTORS)
        os.write(news, f"{worker}\n".encode())
        _, status = os.waitpid(worker, 0)
        os.write(news, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    finally:
        os._exit(0)


if __name__ == "__main__":
    _requests()
