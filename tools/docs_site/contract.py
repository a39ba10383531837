"""The contract as the repository has it generated: its descriptors, with all comments."""

from pathlib import Path
from typing import Final

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from protoc_gen_chat3_docs.model import Contract
from protoc_gen_chat3_docs.reader import read_contract

DESCRIPTORS: Final = "gen/python/chat3_api/descriptor.binpb"
_OWN_FILES: Final = "chat3/"


def read(root: Path) -> Contract:
    """Read the contract of the repository at `root`."""
    files = FileDescriptorSet.FromString((root / DESCRIPTORS).read_bytes()).file
    own = [file.name for file in files if file.name.startswith(_OWN_FILES)]
    return read_contract(CodeGeneratorRequest(proto_file=files, file_to_generate=own))
