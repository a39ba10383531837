"""Workers that are told to end have the whole time that the settings give them."""

import os
import signal
import time
from pathlib import Path

import pytest

from chat3_user.config import Config, composed
from chat3_user.process import workers as module
from chat3_user.process.workers import Workers
from support.patience import HANGS


def ends_after_a_while(config: Config, *_: object) -> None:
    """Be a worker that still takes connections for a while after SIGTERM."""

    def end(*_: object) -> None:
        time.sleep(0.3)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    Path(config.idempotency.database).touch()
    while True:
        signal.pause()


def test_a_worker_that_steps_back_is_not_killed_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_END_MARGIN", 0.0)
    started = tmp_path / "started"
    config = composed(
        demo=True, shutdown_delay=HANGS, shutdown_grace=0.0, idempotency_database=str(started)
    )
    workers = Workers(config, 1, ends_after_a_while)
    worker = workers._start(0)
    until = time.monotonic() + HANGS
    while not started.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    workers._end([worker])
    assert worker.process.exitcode == 0
