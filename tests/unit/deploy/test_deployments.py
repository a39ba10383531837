"""The image, the compose file, the chart's schema and the systemd unit: held to the service."""

import json
import re
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from chat3_embedded.__main__ import parse_arguments as parse_embedded
from chat3_page.__main__ import parse_arguments as parse_page
from chat3_user.config import Config, load
from support.patience import HANGS

PINNED = re.compile(r"^docker\.io/library/[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}$")


@pytest.fixture(scope="module")
def deploy(project: Path) -> Path:
    return project / "deploy"


@pytest.fixture(scope="module")
def dockerfile(deploy: Path) -> str:
    return (deploy / "image" / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def services(deploy: Path) -> dict[str, Any]:
    text = (deploy / "compose" / "compose.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))["services"]
    return found


@pytest.fixture(scope="module")
def unit(deploy: Path) -> dict[str, list[str]]:
    """The settings of the unit, by name."""
    found: dict[str, list[str]] = {}
    for line in (deploy / "systemd" / "chat3-user-service@.service").read_text().splitlines():
        name, is_, value = line.partition("=")
        if is_ and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def environment_file(deploy: Path) -> dict[str, str]:
    lines = (deploy / "systemd" / "service.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def test_the_schema_of_the_chart_knows_every_setting(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])
    from chart_settings import SCHEMA, written

    assert SCHEMA.read_text() == written(SCHEMA.read_text()), (
        "run: python tools/settings_table.py --write"
    )
    values = json.loads(SCHEMA.read_text())["properties"]
    plain = values["settings"]["propertyNames"]["enum"]
    secret = values["secrets"]["properties"]["values"]["propertyNames"]["enum"]
    assert "STREAM_MAX_AGE" in plain
    assert "TOKEN_KEYS" not in plain
    assert "TOKEN_KEYS" in secret


def test_everything_from_elsewhere_is_pinned(dockerfile: str, services: dict[str, Any]) -> None:
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", dockerfile, re.MULTILINE)
    assert len(stages) == len(re.findall("^FROM ", dockerfile, re.MULTILINE))
    names = {name for _, name in stages}
    foreign = [image for image, _ in stages if image not in names]
    foreign += [
        service["image"]
        for service in services.values()
        if service["image"] != "chat3-gateway-demo"
    ]
    assert len(foreign) == 4
    assert all(PINNED.match(image) for image in foreign)


def test_the_image_takes_nothing_that_the_lock_does_not_pin(project: Path, dockerfile: str) -> None:
    (lock,) = re.findall(r"--requirement /(\S+)", dockerfile)
    assert (project / lock).exists()
    for command in re.findall(r"pip install ([^\n&]*)", dockerfile):
        assert "--require-hashes" in command or "--no-index" in command


def test_what_runs_is_nobody_and_cannot_install(dockerfile: str) -> None:
    runtime = dockerfile[dockerfile.index("AS runtime") : dockerfile.index("AS demo")]
    assert "pip uninstall" in runtime
    assert re.search(r"^USER 10001:10001$", runtime, re.MULTILINE)


@contextmanager
def answering(status: int) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def health_check(deploy: Path, port: int) -> int:
    command = [sys.executable, "-IS", str(deploy / "image" / "healthcheck.py")]
    return subprocess.run(
        command, env={"OPS_PORT": str(port)}, timeout=HANGS, check=False
    ).returncode


def test_the_health_check_tells_life_from_death(deploy: Path) -> None:
    with answering(200) as port:
        assert health_check(deploy, port) == 0
    with answering(500) as port:
        assert health_check(deploy, port) == 1
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert health_check(deploy, port) == 1


def compose_environment(services: dict[str, Any], dockerfile: str) -> dict[str, str]:
    """Return what the gateway of the compose file gets, the image's own variables included."""
    (words,) = re.findall(r"^ENV (PATH.*?)\n(?!    )", dockerfile, re.MULTILINE | re.DOTALL)
    of_image = dict(pair.split("=", 1) for pair in shlex.split(words.replace("\\\n", " ")))
    return {**of_image, **services["gateway"]["environment"]}


def published(services: dict[str, Any]) -> set[int]:
    """Return the ports of the gateway that this machine reaches."""
    found: set[int] = set()
    for mapping in services["gateway"]["ports"]:
        address, outside, inside = mapping.split(":")
        assert address == "127.0.0.1"
        assert outside == inside
        first, _, last = inside.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def test_the_service_accepts_the_settings_of_the_compose_file(
    services: dict[str, Any], dockerfile: str
) -> None:
    config = load(compose_environment(services, dockerfile), {})
    assert (config.server.host, config.ops.host) == ("0.0.0.0", "0.0.0.0")
    operators = {config.ops.port + worker for worker in range(config.server.workers)}
    assert {config.server.port, *operators} <= published(services)
    assert ends_in(config, 5) == float(services["gateway"]["stop_grace_period"].rstrip("s"))


def test_the_double_and_the_page_accept_their_command_lines(services: dict[str, Any]) -> None:
    gateway = services["gateway"]["environment"]
    double = parse_embedded(services["tenant-api"]["command"])
    assert gateway["TENANT_API_URL"] == f"http://tenant-api:{double.port}"
    assert double.rabbitmq_url == gateway["RABBITMQ_URL"]
    page = parse_page(services["page"]["command"])
    assert f"http://127.0.0.1:{page.port}" in gateway["CORS_ORIGINS"].split(",")
    assert page.port in published(services)
    assert page.service == "http://127.0.0.1:50051"
    assert services["page"]["network_mode"] == "service:gateway"


def ends_in(config: Config, margin: float) -> float:
    """Return how long a service takes at most to end, and ``margin``."""
    return config.server.shutdown_delay + config.server.shutdown_grace + margin


def test_the_service_accepts_the_settings_of_the_systemd_unit(
    deploy: Path, unit: dict[str, list[str]]
) -> None:
    shared = dict(pair.split("=", 1) for pair in unit["Environment"])
    config = load({**environment_file(deploy), **shared}, {})
    assert config.server.port_shared
    assert unit["TimeoutStopSec"] == [f"{ends_in(config, 10):g}s"]
    assert int(unit["LimitNOFILE"][0]) > config.connections.connections


def test_users_and_folders_are_those_of_the_unit(deploy: Path, unit: dict[str, list[str]]) -> None:
    (user,) = re.findall(
        r"^u (\S+)", (deploy / "systemd" / "sysusers.conf").read_text(), re.MULTILINE
    )
    assert unit["User"] == unit["Group"] == [user]
    folders = (deploy / "systemd" / "tmpfiles.conf").read_text()
    for file in unit["EnvironmentFile"]:
        assert Path(file.lstrip("-")).parent.as_posix() in folders
    assert re.search(r"^z /etc/chat3/service\.env 0600 root root", folders, re.MULTILINE)
