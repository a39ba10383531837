"""The chart as helm renders it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Render = Callable[..., list[dict[str, Any]]]


class ChartError(Exception):
    """Helm refuses the values; the text is its own."""


@pytest.fixture(scope="session")
def chart(project: Path) -> Path:
    return project / "deploy" / "helm" / "chat3-gateway"


@pytest.fixture(scope="session")
def render(chart: Path) -> Render:
    """Render the chart with a file of values from `ci/`, and others as `--set` has them."""
    helm = shutil.which("helm")
    if helm is None:
        raise RuntimeError("helm is missing: run `make test-deploy`, which compiles it")

    def rendered(values: str = "existing-secret", *settings: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [
                *(helm, "template", "demo", str(chart), "--namespace", "chat"),
                *("--kube-version", "1.33.0"),
                *(("--values", str(chart / "ci" / f"{values}-values.yaml")) if values else ()),
                *(word for setting in settings for word in ("--set", setting)),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise ChartError(done.stderr)
        return [document for document in yaml.safe_load_all(done.stdout) if document]

    return rendered
