"""Groups the methods of a service by resource: by the file in which their requests stand."""

from dataclasses import dataclass

from protoc_gen_chat3_docs.model import Package, Rpc, Service
from protoc_gen_chat3_docs.names import words


@dataclass(frozen=True)
class MethodGroup:
    """Methods whose requests stand in one file."""

    title: str
    rpcs: tuple[Rpc, ...]


def method_groups(package: Package, service: Service) -> tuple[MethodGroup, ...]:
    """Group the methods of a service, in the order of the service.

    A group is named after its file; methods whose requests stand beside the service, or in another
    package, are named after the service.
    """
    stems = {
        message.full_name: file.stem
        for file in package.files
        if file.path != service.file
        for message in file.messages
    }
    groups: dict[str, list[Rpc]] = {}
    for rpc in service.rpcs:
        groups.setdefault(stems.get(rpc.request, service.name), []).append(rpc)
    return tuple(
        MethodGroup(title=stem if stem == service.name else words(stem), rpcs=tuple(rpcs))
        for stem, rpcs in groups.items()
    )
