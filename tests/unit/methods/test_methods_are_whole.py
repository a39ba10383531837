"""Every rpc of the contract has its method, and nothing of a method is forgotten: all by name."""

import importlib
import importlib.resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from grpclib.const import Handler

from chat3_api.chat3.tenant import v1 as tenant_pb
from chat3_api.chat3.user import v1 as pb
from chat3_user.methods import METHODS, Bidi, Keyed, Method, Streaming, method, tenant, user

BASES: dict[ModuleType, Any] = {user: pb.UserServiceBase(), tenant: tenant_pb.TenantServiceBase()}
"""The generated bases, by the packages of their methods."""
RPCS: dict[str, Handler] = {
    path: handler for base in BASES.values() for path, handler in base.__mapping__().items()
}
OWNERS = {path: package for package, base in BASES.items() for path in base.__mapping__()}
MODULES = {
    f"{package.__name__}.{file.stem}"
    for package in BASES
    for file in Path(str(package.__file__)).parent.glob("*.py")
    if "METHOD: Final" in file.read_text()
}
KEY = "idempotency_key"


def snake_case(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def declared(module: str) -> Method:
    found: Method = importlib.import_module(module).METHOD
    return found


def path_of(method: Method) -> str:
    return f"/{method.service.full_name}/{method.name}"


@pytest.mark.parametrize("rpc", RPCS)
def test_every_rpc_of_the_contract_has_its_method(rpc: str) -> None:
    name, package = rpc.rpartition("/")[2], OWNERS[rpc]
    module = f"{package.__name__}.{snake_case(name)}"
    assert module in MODULES, f"{rpc} has no module {module}"
    assert package.METHODS.get(name) is declared(module), f"{rpc} is not in {package.__name__}"
    assert METHODS[declared(module).label] is declared(module)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_module_declares_a_method_of_the_contract(module: str) -> None:
    found = declared(module)
    assert snake_case(found.name) == module.rpartition(".")[2], f"{module} declares {found.name}"
    assert OWNERS[path_of(found)].__name__ == module.rpartition(".")[0]
    assert path_of(found) in RPCS, f"the contract has no rpc {path_of(found)}"


def test_no_two_methods_have_the_same_label() -> None:
    assert len(METHODS) == sum(len(package.METHODS) for package in BASES)
    assert all(label == method.label for label, method in METHODS.items())


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_the_messages_and_the_form_of_its_rpc(name: str) -> None:
    rpc, declared = RPCS[path_of(METHODS[name])], METHODS[name]
    assert declared.request is rpc.request_type, name
    assert declared.response is rpc.reply_type, name
    assert isinstance(declared, Streaming | Bidi) == rpc.cardinality.server_streaming, name
    assert isinstance(declared, Bidi) == rpc.cardinality.client_streaming, name


@pytest.mark.parametrize("name", METHODS)
def test_a_request_has_a_key_if_and_only_if_its_method_writes_once(name: str) -> None:
    takes_key = KEY in METHODS[name].request.__dataclass_fields__
    assert isinstance(METHODS[name], Keyed) == takes_key, name
    assert (KEY in METHODS[name].rules) == takes_key, f"{name} has no rules for {KEY}"


def levels() -> dict[str, str]:
    """Return what the contract says about repeating each rpc."""
    raw = importlib.resources.files("chat3_api").joinpath("descriptor.binpb").read_bytes()
    found = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(raw).file:
        for service in file.service:
            for rpc in service.method:
                level = rpc.options.idempotency_level
                path = f"/{file.package}.{service.name}/{rpc.name}"
                found[path] = descriptor_pb2.MethodOptions.IdempotencyLevel.Name(level)
    return found


ANSWERS_SECRETS = {"TenantService/CreateUserToken"}
"""Methods that change nothing, and whose answers no cache may see: what is said to have no side
effects may be asked by GET."""


@pytest.mark.parametrize("name", METHODS)
def test_a_method_counts_as_reading_if_and_only_if_the_contract_says_so(name: str) -> None:
    reads = METHODS[name].kind in {"read", "subscribe"}
    level = levels()[path_of(METHODS[name])]
    safe = "IDEMPOTENT" if name in ANSWERS_SECRETS else "NO_SIDE_EFFECTS"
    assert reads == (level == safe), f"{name} is {METHODS[name].kind}"


@pytest.mark.parametrize("name", METHODS)
def test_rules_are_of_fields_that_the_request_has(name: str) -> None:
    assert METHODS[name].rules.keys() <= METHODS[name].request.__dataclass_fields__.keys()


def test_a_method_is_named_after_its_request() -> None:
    async def run(*_: Any) -> pb.GetUserDialogsResponse:
        return pb.GetUserDialogsResponse()

    made = method.Unary(
        request=pb.GetUserDialogsRequest,
        response=pb.GetUserDialogsResponse,
        kind="read",
        rules={},
        run=run,
    )
    assert made.name == "GetUserDialogs"
