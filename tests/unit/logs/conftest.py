"""Logs that are written to a file while a test logs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from logs_vocabulary import Writing, Written

from chat3_user import logs


@pytest.fixture
def writing(tmp_path: Path) -> Writing:
    @contextmanager
    def within(**settings: Any) -> Iterator[Written]:
        path = tmp_path / "log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            with logs.written(logs.LogSettings(**settings), 3, descriptor) as call:
                written = Written(call)
                yield written
        finally:
            os.close(descriptor)
        written.text = path.read_text()
        written.lines = written.text.splitlines()

    return within


@pytest.fixture
def null() -> Iterator[int]:
    descriptor = os.open(os.devnull, os.O_WRONLY)
    yield descriptor
    os.close(descriptor)
