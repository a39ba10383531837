"""Clients that share no code with the service, each a process of its own: on grpcio, and in Go."""

from support.foreign.client import ForeignClient, ForeignFailureError, ForeignStream, Json
from support.foreign.commands import compiled_stubs, go_command, grpcio_command

__all__ = [
    "ForeignClient",
    "ForeignFailureError",
    "ForeignStream",
    "Json",
    "compiled_stubs",
    "go_command",
    "grpcio_command",
]
