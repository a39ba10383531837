"""Compiles the contract for google protobuf into a folder of its own, when the program starts."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from grpc_tools import protoc

_API = Path(__file__).parents[2] / "api"


class Stubs(NamedTuple):
    """The messages of all generated modules as one module, and the module of the service."""

    messages: ModuleType
    grpc: ModuleType


def compile_stubs(folder: Path) -> None:
    """Generate the modules into ``folder`` and make them importable."""
    files = [str(path.relative_to(_API)) for path in sorted(_API.glob("chat3/user/v1/*.proto"))]
    arguments = ["", f"-I{_API}", f"--python_out={folder}", f"--grpc_python_out={folder}", *files]
    if protoc.main([*arguments, f"-I{_well_known_types()}"]):
        raise RuntimeError("the contract does not compile")
    sys.path.insert(0, str(folder))


def load_stubs() -> Stubs:
    """Import what `compile_stubs` made."""
    messages = ModuleType("messages")
    for path in sorted(_API.glob("chat3/user/v1/*.proto")):
        module = importlib.import_module(f"chat3.user.v1.{path.stem}_pb2")
        for name in module.DESCRIPTOR.message_types_by_name:
            setattr(messages, name, getattr(module, name))
    return Stubs(messages, importlib.import_module("chat3.user.v1.user_service_pb2_grpc"))


def _well_known_types() -> Path:
    return Path(protoc.__file__).parent / "_proto"
