"""The wheels: what each carries, what it says of itself, and what it asks for."""

import re
from collections.abc import Mapping
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

CARRIED = {
    "chat3-codec": {"betterproto2_compiled"},
    "chat3-contract": {"chat3_api"},
    "chat3-cli": {"chat3_cli"},
    "chat3-client": {"chat3_client"},
    "chat3-embedded": {"chat3_embedded", "chat3_page"},
    "chat3-gateway": {"chat3_user"},
}
COMMANDS = {
    "chat3-cli": {"chat3"},
    "chat3-embedded": {"chat3-embedded", "chat3-page"},
    "chat3-gateway": {"chat3-user-service"},
}
# What only the service needs: a client that asked for one of these would bring a server along.
SERVER_SIDE = {
    *("aiohttp", "aiormq", "cachetools", "joserfc", "limits", "msgspec", "ngh2", "pamqp"),
    *("prometheus-client", "redis", "stamina", "uvloop", "yarl", "chat3-gateway", "chat3-embedded"),
}


def metadata(wheel: Path) -> Message:
    (path,) = wheel.glob("*.dist-info/METADATA")
    return Parser().parsestr(path.read_text())


def asked_for(wheel: Path) -> set[str]:
    """Return what a wheel needs; what its extras need besides is left out."""
    lines = metadata(wheel).get_all("Requires-Dist", [])
    return {re.split(r"[^A-Za-z0-9._-]", line)[0] for line in lines if "extra ==" not in line}


def test_every_package_is_in_one_wheel(wheels: Mapping[str, Path]) -> None:
    found = {
        name: {each.name for each in wheel.iterdir() if not each.suffix}
        for name, wheel in wheels.items()
    }
    assert found == CARRIED


@pytest.mark.parametrize("name", CARRIED)
def test_a_wheel_says_what_it_is(wheels: Mapping[str, Path], name: str) -> None:
    said = metadata(wheels[name])
    assert said["License-Expression"] == "Apache-2.0"
    assert said["License-File"] == "LICENSE"
    assert list(wheels[name].glob("*.dist-info/licenses/LICENSE"))
    assert said["Requires-Python"] == ">=3.11"
    assert said["Description-Content-Type"] == "text/markdown"
    assert f"pip install {name}" in said.get_payload()
    assert "Typing :: Typed" in said.get_all("Classifier", [])


@pytest.mark.parametrize("name", CARRIED)
def test_the_description_has_no_link_into_the_repository(
    wheels: Mapping[str, Path], name: str
) -> None:
    """An index shows it where no such file is."""
    links = re.findall(r"\]\(([^)]*)\)", metadata(wheels[name]).get_payload())
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


@pytest.mark.parametrize("name", CARRIED)
def test_a_wheel_is_typed_and_carries_no_tests(wheels: Mapping[str, Path], name: str) -> None:
    (record,) = wheels[name].glob("*.dist-info/RECORD")
    files = [line.partition(",")[0] for line in record.read_text().splitlines()]
    assert {f"{package}/py.typed" for package in CARRIED[name]} <= set(files)
    assert [file for file in files if re.search(r"\btests?\b|conftest|\.pyc$", file)] == []


def test_the_wheels_have_the_commands(wheels: Mapping[str, Path]) -> None:
    found = {
        name: set(re.findall(r"^(\S+) = ", path.read_text(), re.MULTILINE))
        for name, wheel in wheels.items()
        for path in wheel.glob("*.dist-info/entry_points.txt")
    }
    assert found == COMMANDS


@pytest.mark.parametrize("name", ["chat3-cli", "chat3-client", "chat3-codec", "chat3-contract"])
def test_the_client_side_asks_for_nothing_of_the_service(
    wheels: Mapping[str, Path], name: str
) -> None:
    assert asked_for(wheels[name]) & SERVER_SIDE == set()


@pytest.mark.parametrize("name", ["chat3-cli", "chat3-embedded"])
def test_the_service_asks_for_what_a_demo_needs_as_an_extra_alone(
    wheels: Mapping[str, Path], name: str
) -> None:
    lines = metadata(wheels["chat3-gateway"]).get_all("Requires-Dist", [])
    (line,) = (line for line in lines if line.startswith(name))
    assert line.endswith("; extra == 'demo'")


def test_the_wheel_of_the_service_carries_the_api_documentation(
    wheels: Mapping[str, Path], project: Path
) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        paths = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}

    carried = files(wheels["chat3-gateway"] / "chat3_user" / "docs")
    assert carried == files(project / "docs" / "generated")


def test_the_wheel_of_the_demo_carries_the_page_as_it_is_built(
    wheels: Mapping[str, Path],
) -> None:
    static = wheels["chat3-embedded"] / "chat3_page" / "static"
    files = {path.name for path in static.iterdir()}
    assert {"index.html", "page.js", "page.css", "icon.svg"} <= files
