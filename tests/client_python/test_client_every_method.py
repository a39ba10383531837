"""Every unary call of the contract is a method, with every field of its request."""

import inspect
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from chat3_client.methods.tenant import TenantMethods
from chat3_client.methods.user import UserMethods

DESCRIPTORS: Final = FileDescriptorSet.FromString(
    (Path(__file__).parents[2] / "gen/python/chat3_api/descriptor.binpb").read_bytes()
)
MESSAGES: Final = {
    f".{file.package}.{message.name}": message
    for file in DESCRIPTORS.file
    for message in file.message_type
}
METHODS: Final = [
    (methods, method)
    for methods, package in ((UserMethods, "chat3.user.v1"), (TenantMethods, "chat3.tenant.v1"))
    for file in DESCRIPTORS.file
    if file.package == package
    for service in file.service
    for method in service.method
    if not method.server_streaming
]


class Asked(Exception):  # noqa: N818 - what was asked
    def __init__(self, name: str, request: Any) -> None:
        super().__init__(name)
        self.name = name
        self.request = request


class Calls:
    async def unary(self, procedure: Any, request: Any, timeout: float | None) -> Any:
        raise Asked(procedure.name, request)


def python_name(method: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in method).strip("_")


@pytest.mark.parametrize(
    ("methods", "method"), METHODS, ids=[f"{m.__name__}.{d.name}" for m, d in METHODS]
)
async def test_a_call_sends_what_it_is_given(methods: type, method: Any) -> None:
    made = methods()
    made._calls = Calls()
    function = getattr(made, python_name(method.name))
    parameters = inspect.signature(function).parameters
    fields = [field.name for field in MESSAGES[method.input_type].field]
    assert sorted(parameters) == sorted([*fields, "timeout"])
    given: dict[str, Any] = {}
    for name, parameter in parameters.items():
        kind = str(parameter.annotation)
        if name == "timeout":
            continue
        if "Mapping" in kind:
            given[name] = {"key": name}
        elif "Iterable" in kind:
            given[name] = [name]
        elif kind in {"<class 'str'>", "str | None"}:
            given[name] = name
        elif kind == "<class 'int'>":
            given[name] = 7
        elif kind == "<class 'bool'>":
            given[name] = True
    with pytest.raises(Asked) as asked:
        await function(**{**_required(parameters), **given})
    assert asked.value.name.endswith(f"Service/{method.name}")
    for name, value in given.items():
        sent = getattr(asked.value.request, name)
        assert (sent.to_dict() if isinstance(value, dict) else sent) == value


def _required(parameters: Any) -> dict[str, Any]:
    """Return values of enums that have to be given."""
    return {
        name: parameter.annotation(1)
        for name, parameter in parameters.items()
        if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, Enum)
    }


async def test_a_key_is_made_where_none_is_given() -> None:
    made: Any = UserMethods()
    made._calls = Calls()
    with pytest.raises(Asked) as asked:
        await made.leave_dialog("dlg_aaaaaaaaaaaaaaaaaaaa")
    assert len(asked.value.request.idempotency_key) == 36


async def test_one_text_is_no_list_of_texts() -> None:
    made: Any = UserMethods()
    made._calls = Calls()
    with pytest.raises(TypeError, match="'bob'"):
        await made.create_dialog(member_ids="bob")


def test_the_methods_are_those_of_the_present_contract(project: Path) -> None:
    command = [sys.executable, "tools/python_client_methods.py", "check"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
