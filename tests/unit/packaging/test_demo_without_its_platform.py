"""The service as its wheels have it, with and without the demo's."""

import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.patience import HANGS

SERVICE = ("chat3-codec", "chat3-contract", "chat3-gateway")
ANY_PORTS = {"GRPC_PORT": "0", "OPS_PORT": "0", "DEMO_PAGE_PORT": "0"}


def run(
    *installed: Path, arguments: tuple[str, ...] = (), environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the service from what is ``installed`` and its dependencies.

    Without ``site`` what was installed to be edited is not found.
    """
    dependencies = sysconfig.get_path("purelib")
    path = ":".join(map(str, (*installed, dependencies)))
    return subprocess.run(
        [sys.executable, "-S", "-m", "chat3_user", *arguments],
        env={"PYTHONPATH": path, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )


@pytest.mark.parametrize("flag", ["--help", "--print-config"])
def test_the_service_needs_no_demo_platform_to_say_what_it_is(
    wheels: Mapping[str, Path], flag: str
) -> None:
    done = run(
        *(wheels[name] for name in SERVICE),
        arguments=(flag,),
        environment={"TENANT_API_URL": "http://t", "RABBITMQ_URL": "amqp://r/"},
    )
    assert done.returncode == 0, done.stderr
    assert "TENANT_API_URL" in done.stdout


def test_a_demo_without_its_platform_names_what_to_install(wheels: Mapping[str, Path]) -> None:
    done = run(*(wheels[name] for name in SERVICE), environment={"DEMO": "true", **ANY_PORTS})
    assert done.returncode == 2
    assert done.stderr == (
        "chat3-user-service: DEMO: the embedded platform is not installed; it comes with"
        " pip install 'chat3-gateway[demo]'\n"
    )


def test_with_its_platform_the_demo_is_accepted(wheels: Mapping[str, Path]) -> None:
    """All that is wrong is said at once: here, one thing that stops the start."""
    environment = {"DEMO": "true", **ANY_PORTS}
    nowhere = {"IDEMPOTENCY_DATABASE": "/dev/null/keys.db"}
    done = run(*wheels.values(), environment={**environment, **nowhere})
    assert done.returncode == 2
    (problem,) = done.stderr.splitlines()
    assert problem.startswith("chat3-user-service: IDEMPOTENCY_DATABASE: ")
