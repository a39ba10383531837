"""The service of one environment, called by the command of another."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from packages.conftest import Environments, Production
from packages.empty_environment import ISOLATED, Environment

DIALOG = "dlg_demoalicebob00000000"


@pytest.fixture(params=["as a user installs it", "as production installs it"])
def service(
    request: pytest.FixtureRequest, environments: Environments, production: Production
) -> Environment:
    """An environment with the service and the platform of its demo."""
    if request.param == "as a user installs it":
        return environments("service", "chat3-gateway[demo]")
    return production.environment


@pytest.fixture
def address(service: Environment, tmp_path: Path) -> Iterator[str]:
    """Run the service with demo data; give its address."""
    ports = ("--grpc-port", "0", "--ops-port", "0", "--demo-page-port", "0")
    log = tmp_path / "log"
    with log.open("w") as problems:
        process = subprocess.Popen(
            [service.folder / "bin" / "chat3-user-service", "--demo", *ports],
            env={**ISOLATED, "HOME": str(tmp_path), "STATE_DIRECTORY": str(tmp_path)},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=problems,
            text=True,
        )
    with process:
        assert process.stdout is not None
        welcome = ""
        for line in process.stdout:
            welcome += line
            if line.startswith("Ctrl-C ends it"):
                break
        found = re.search(r"^  service +(\S+:\d+) ", welcome, re.MULTILINE)
        assert found, f"{welcome}\n{log.read_text()}"
        yield found[1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_a_client_of_another_environment_calls_the_service(
    environments: Environments, address: str
) -> None:
    client = environments("chat3-cli", "chat3-cli")
    caller = {"CHAT3_ADDRESS": address, "CHAT3_API_KEY": "demo-key", "CHAT3_USER": "alice"}
    sent = json.loads(client.run("chat3", "--json", "send", DIALOG, "Hello!", **caller))
    read = client.run("chat3", "--json", "messages", DIALOG, **caller)
    assert sent["message"]["messageId"] in read


def test_the_library_of_another_environment_calls_the_service(
    environments: Environments, address: str
) -> None:
    client = environments("chat3-client", "chat3-client")
    caller = {"CHAT3_ADDRESS": address, "CHAT3_API_KEY": "demo-key", "CHAT3_USER": "alice"}
    program = f"""
from chat3_client.sync import Chat3Client
with Chat3Client.from_environment() as chat:
    sent = chat.send_message("{DIALOG}", "Hello from a library!").message
    print(chat.get_message("{DIALOG}", sent.message_id).message.content)
"""
    assert client.run("python", "-W", "error", "-c", program, **caller) == "Hello from a library!\n"
