"""Writes sample calls of a method, as one types them: for grpcurl, and in Python."""

import json

from protoc_gen_chat3_docs.examples import Examples
from protoc_gen_chat3_docs.identity import environment_variable, metadata_keys
from protoc_gen_chat3_docs.model import Package, Rpc, Service
from protoc_gen_chat3_docs.names import snake_case

ADDRESS = "127.0.0.1:50051"
# What a demo's caller puts into the variables.
_DEMO = {"x-tenant-id": "tnt_default", "x-user-id": "alice"}


class SampleCalls:
    """Writes calls of the methods of one service."""

    def __init__(self, package: Package, service: Service, examples: Examples) -> None:
        self._package = package
        self._service = service
        self._examples = examples
        product = package.name.partition(".")[0]
        self._identity = {
            key: environment_variable(key, product) for key in metadata_keys(service.text)
        }

    def export(self) -> str:
        """Set the variables that the other samples use."""
        return "\n".join(
            f"export {name}={_DEMO.get(key, '…')}" for key, name in self._identity.items()
        )

    def grpcurl(self, rpc: Rpc) -> str:
        """Call the method from a shell."""
        example = self._examples.request(rpc)
        lines = ["grpcurl -plaintext"]
        lines += [f'-H "{key}: ${name}"' for key, name in self._identity.items()]
        if example != "{}":
            lines.append(f"-d '{example}'".replace("\n", "\n  "))
        lines += [ADDRESS, f"{self._service.full_name}/{rpc.name}"]
        return " \\\n  ".join(lines)

    def python(self, rpc: Rpc) -> str:
        """Call the method by the generated stub."""
        stub = f"{self._service.name}Stub"
        request = rpc.request.rpartition(".")[2]
        names = ", ".join(sorted({request, stub}))
        identity = "\n".join(
            f'        "{key}": os.environ["{name}"],' for key, name in self._identity.items()
        )
        return (
            "import asyncio\nimport os\n\n"
            f"from chat3_api.{self._package.name} import {names}\n"
            "from grpclib.client import Channel\n\n\n"
            "async def main() -> None:\n"
            f"    identity = {{\n{identity}\n    }}\n"
            f'    async with Channel("{ADDRESS.partition(":")[0]}", {ADDRESS.partition(":")[2]})'
            " as channel:\n"
            f"        stub = {stub}(channel, metadata=identity, timeout=10)\n"
            f"        print(await stub.{snake_case(rpc.name)}({request}({self._arguments(rpc)})))\n"
            "\n\nasyncio.run(main())"
        )

    def _arguments(self, rpc: Rpc) -> str:
        """Give the numbers and truths of the example: the two have the same form in Python."""
        example = json.loads(self._examples.request(rpc))
        simple = {key: value for key, value in example.items() if isinstance(value, int)}
        return ", ".join(f"{snake_case(key)}={value!r}" for key, value in simple.items())


def first_calls(service: Service, examples: Examples) -> tuple[Rpc | None, Rpc | None]:
    """Choose what a newcomer calls first: a method that needs no argument, and a stream."""
    simple = (
        rpc
        for rpc in service.rpcs
        if not rpc.server_streaming
        and not rpc.client_streaming
        and rpc.idempotency == "NO_SIDE_EFFECTS"
        and not examples.needs_fields(rpc)
    )
    return next(simple, None), next((rpc for rpc in service.rpcs if rpc.server_streaming), None)
