"""Plans the pages of a package's types: an index, and a page for each source file."""

from collections.abc import Iterator
from dataclasses import dataclass

from protoc_gen_chat3_docs.length import LONGEST_PAGE, enum_length, message_length
from protoc_gen_chat3_docs.model import Contract, Enum, Message, Package, ProtoFile
from protoc_gen_chat3_docs.names import words
from protoc_gen_chat3_docs.pages import Entry, Page

SECTION = "Types"


@dataclass(frozen=True)
class TypesOfFile:
    """The types of one file that are described on no method's page."""

    file: ProtoFile
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]

    @property
    def title(self) -> str:
        """What the file is called, such as `Message types`."""
        return f"{words(self.file.stem)} types"

    @property
    def types(self) -> tuple[Message | Enum, ...]:
        """All types, messages first."""
        return (*self.messages, *self.enums)

    @property
    def length(self) -> int:
        """The estimated height of all types on a phone, in px."""
        return sum(map(message_length, self.messages)) + sum(map(enum_length, self.enums))


def type_pages(contract: Contract, package: Package) -> Iterator[Page]:
    """Plan the pages; none for a package whose types are all bodies of methods."""
    files = tuple(_files(contract, package))
    if not files:
        return
    index = f"{package.name}/types/index.html"
    yield Page(
        path=index,
        title="Types",
        label="All types",
        template="types_index.html.j2",
        section=SECTION,
        package=package,
        parent="index.html",
        content={"files": files},
    )
    for file in files:
        yield from _file_pages(package, index, file)


def _files(contract: Contract, package: Package) -> Iterator[TypesOfFile]:
    bodies = {
        name
        for each in contract.packages
        for rpc in each.rpcs
        for name in (rpc.request, rpc.response)
    }
    for file in package.files:
        messages = tuple(each for each in file.messages if each.full_name not in bodies)
        enums = tuple(each for each in file.enums if each is not package.reason_enum)
        if messages or enums:
            yield TypesOfFile(file, messages, enums)


def _file_pages(package: Package, index: str, file: TypesOfFile) -> Iterator[Page]:
    """Plan one page for a file, or, where that is too long, an index and a page for each type."""
    path = f"{package.name}/types/{file.file.stem}.html"
    if file.length <= LONGEST_PAGE:
        yield _types_page(package, path, file.title, index, file, nested=False)
        return
    yield Page(
        path=path,
        title=file.title,
        template="types_index.html.j2",
        section=SECTION,
        package=package,
        parent=index,
        content={"files": (file,)},
    )
    for one in file.types:
        messages = (one,) if isinstance(one, Message) else ()
        enums = (one,) if isinstance(one, Enum) else ()
        alone = TypesOfFile(file.file, messages, enums)
        yield _types_page(
            package,
            f"{package.name}/types/{file.file.stem}/{one.name}.html",
            one.name,
            path,
            alone,
            nested=True,
        )


def _types_page(
    package: Package, path: str, title: str, parent: str, types: TypesOfFile, *, nested: bool
) -> Page:
    entries = tuple(Entry(each.full_name, each.name) for each in types.types)
    return Page(
        path=path,
        title=title,
        template="types.html.j2",
        section=SECTION,
        package=package,
        parent=parent,
        code=nested,
        nested=nested,
        shows=tuple(name for each in types.types for name in each.names),
        contents=entries if len(entries) > 1 else (),
        content={"types": types},
    )
