import os
from pathlib import Path

import pytest

from chat3_user.process.workers import core_count


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", 64), ("150000 100000", 2), ("50000 100000", 1)]
)
def test_a_containers_quota_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert core_count(tmp_path) == cores


def test_without_a_quota_all_cores_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert core_count(tmp_path) == 3
