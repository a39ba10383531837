"""The wheels: what each carries, and that the service's own needs nothing of the demo's."""

import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest


def built(project: Path, folder: Path) -> Path:
    """Build the wheel of ``project`` and unpack it into ``folder``."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")],
        cwd=project,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (wheel,) = (folder / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


@pytest.fixture(scope="module")
def service(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(project, tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def embedded(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(project / "embedded", tmp_path_factory.mktemp("embedded"))


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
        timeout=30,
        check=False,
    )


def packages(installed: Path) -> set[str]:
    return {folder.name for folder in installed.iterdir() if not folder.suffix}


def test_the_wheel_of_the_service_does_not_carry_the_demo_platform(service: Path) -> None:
    assert packages(service) == {"betterproto2_compiled", "chat3_api", "chat3_cli", "chat3_user"}
    (metadata,) = service.glob("*.dist-info/METADATA")
    lines = metadata.read_text().splitlines()
    needs = [line for line in lines if line.startswith("Requires-Dist: chat3")]
    assert needs == ["Requires-Dist: chat3-embedded==0.1.0; extra == 'demo'"]


def test_the_wheel_of_the_demo_carries_its_platform_and_its_page(embedded: Path) -> None:
    assert packages(embedded) == {"chat3_embedded", "chat3_page"}
    files = {path.name for path in (embedded / "chat3_page" / "static").iterdir()}
    assert {"index.html", "page.js", "page.css", "icon.svg"} <= files
    (metadata,) = embedded.glob("*.dist-info/METADATA")
    assert "Version: 0.1.0" in metadata.read_text()
    assert list(embedded.glob("*.dist-info/licenses/LICENSE"))


@pytest.mark.parametrize("flag", ["--help", "--print-config"])
def test_the_service_needs_no_demo_platform_to_say_what_it_is(service: Path, flag: str) -> None:
    done = run(
        service,
        arguments=(flag,),
        environment={"TENANT_API_URL": "http://t", "RABBITMQ_URL": "amqp://r/"},
    )
    assert done.returncode == 0, done.stderr
    assert "TENANT_API_URL" in done.stdout


ANY_PORTS = {"GRPC_PORT": "0", "OPS_PORT": "0", "DEMO_PAGE_PORT": "0"}


def test_a_demo_without_its_platform_names_what_to_install(service: Path) -> None:
    done = run(service, environment={"DEMO": "true", **ANY_PORTS})
    assert done.returncode == 2
    assert done.stderr == (
        "chat3-user-service: DEMO: the embedded platform is not installed; it comes with"
        " pip install 'chat3-user-service[demo]'\n"
    )


def test_with_its_platform_the_demo_is_accepted(service: Path, embedded: Path) -> None:
    """All that is wrong is said at once: here, one thing that stops the start."""
    environment = {"DEMO": "true", **ANY_PORTS}
    nowhere = {"IDEMPOTENCY_DATABASE": "/dev/null/keys.db"}
    done = run(service, embedded, environment={**environment, **nowhere})
    assert done.returncode == 2
    (problem,) = done.stderr.splitlines()
    assert problem.startswith("chat3-user-service: IDEMPOTENCY_DATABASE: ")
