"""Fixtures: a temporary copy of the project, and the contract as descriptors."""

import sys
from pathlib import Path

import pytest
from contract_guard_project import ROOT, Project, copy_project
from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

sys.path.insert(0, str(ROOT / "tools"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def descriptors() -> FileDescriptorSet:
    data = (ROOT / "gen/python/chat3_api/descriptor.binpb").read_bytes()
    return FileDescriptorSet.FromString(data)


@pytest.fixture
def request_for_docs(descriptors: FileDescriptorSet) -> CodeGeneratorRequest:
    own = [file.name for file in descriptors.file if file.package.startswith("chat3.")]
    return CodeGeneratorRequest(
        proto_file=descriptors.file, file_to_generate=own, parameter="format=html"
    )
