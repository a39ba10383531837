"""Answers one request of buf or protoc: reads it from stdin, writes the files to stdout."""

import sys
from collections.abc import Callable, Mapping

from google.protobuf.compiler import plugin_pb2

from protoc_gen_chat3_docs import catalogue, site
from protoc_gen_chat3_docs.model import Contract
from protoc_gen_chat3_docs.reader import ContractError, read_contract

FORMATS: Mapping[str, Callable[[Contract], dict[str, str]]] = {
    "html": site.render,
    "errors_md": catalogue.render,
}


def answer(request: plugin_pb2.CodeGeneratorRequest) -> plugin_pb2.CodeGeneratorResponse:
    """Make the files that the request's `format` parameter asks for."""
    response = plugin_pb2.CodeGeneratorResponse()
    response.supported_features = (
        plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL  # `optional` is shown as such
    )
    name, _, value = request.parameter.partition("=")
    if name != "format" or value not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        response.error = f"unknown option {request.parameter!r}: give format= one of {known}"
        return response
    try:
        files = FORMATS[value](read_contract(request))
    except ContractError as error:
        response.error = str(error)
        return response
    for path in sorted(files):
        response.file.add(name=path, content=files[path])
    return response


def main() -> None:
    """Serve one request."""
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(answer(request).SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
