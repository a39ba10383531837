"""Each wheel in an environment that has nothing but what it asks for."""

import hashlib
import re
from pathlib import Path

import pytest

from packages.conftest import Environments, Production
from packages.empty_environment import Environment, Packages, pip

COMMANDS = {
    "chat3-codec": (),
    "chat3-contract": (),
    "chat3-cli": ("chat3",),
    "chat3-client": (),
    "chat3-embedded": ("chat3-embedded", "chat3-page"),
    "chat3-gateway": ("chat3-user-service",),
}
MODULES_WITHOUT_THEIR_NEEDS = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    modules = [each.name for each in pkgutil.walk_packages(package.__path__, f"{name}.")]
    assert modules
    for module in modules:
        try:
            module.endswith("__main__") or importlib.import_module(module)
        except ModuleNotFoundError as error:
            print(f"{module}: {error.name}")
"""
CARRIED = {
    "chat3-codec": ("betterproto2_compiled",),
    "chat3-contract": ("chat3_api",),
    "chat3-cli": ("chat3_cli",),
    "chat3-client": ("chat3_client",),
    "chat3-embedded": ("chat3_embedded", "chat3_page"),
    "chat3-gateway": ("chat3_user",),
}


OF_AN_EXTRA = {
    "chat3-client": [
        "chat3_client.telemetry: opentelemetry",
        "chat3_client.testing: chat3_embedded",
    ],
    "chat3-gateway": ["chat3_user.telemetry.exporting: opentelemetry.sdk"],
}
"""What is not imported where nothing but the wheel was asked for."""


def modules_without_their_needs(environment: Environment, *packages: str) -> list[str]:
    isolated = ("python", "-I", "-W", "error", "-c")
    return environment.run(*isolated, MODULES_WITHOUT_THEIR_NEEDS, *packages).splitlines()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_wheel_asks_for_all_it_needs(environments: Environments, name: str) -> None:
    environment = environments(name, name)
    environment.pip("check")
    without = modules_without_their_needs(environment, *CARRIED[name])
    assert without == OF_AN_EXTRA.get(name, [])


@pytest.mark.parametrize("name", COMMANDS)
def test_its_commands_say_their_version(environments: Environments, name: str) -> None:
    environment = environments(name, name)
    version = environment.installed()[name]
    said = {command: environment.run(command, "--version") for command in COMMANDS[name]}
    assert said == {command: f"{command} {version}\n" for command in COMMANDS[name]}


def test_a_client_has_nothing_of_the_service(environments: Environments) -> None:
    needed = {name: environments(name, name).installed().keys() for name in COMMANDS}
    client = needed["chat3-cli"] | needed["chat3-client"]
    of_the_service = needed["chat3-gateway"] - needed["chat3-contract"] - {"protobuf"}
    of_the_service -= {"googleapis-common-protos"}
    assert of_the_service >= {"aiohttp", "aiormq", "redis", "joserfc", "msgspec", "chat3-gateway"}
    assert client & of_the_service == set()
    assert needed["chat3-contract"] < client


def test_pip_builds_the_same_wheels_from_the_sdists(packages: Packages, tmp_path: Path) -> None:
    pip(
        *("wheel", "--no-deps", "--wheel-dir", tmp_path, *packages.sdists),
        SOURCE_DATE_EPOCH=packages.epoch,
    )

    def sums(folder: Path) -> dict[str, str]:
        wheels = folder.glob("*.whl")
        return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in wheels}

    assert sums(tmp_path) == sums(packages.dist)


def test_the_production_lock_is_all_that_the_wheels_need(
    production: Production, packages: Packages
) -> None:
    production.environment.pip("check")
    every = [package for packages in CARRIED.values() for package in packages]
    assert modules_without_their_needs(production.environment, *every) == []
    assert production.environment.installed() == production.locked | {
        name: re.split("-", wheel.name)[1] for name, wheel in packages.names.items()
    }
