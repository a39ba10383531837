"""Plans the site: which pages there are, in which order, and which symbols each describes."""

from collections.abc import Iterator

from protoc_gen_chat3_docs.failures import method_failures
from protoc_gen_chat3_docs.grouping import method_groups
from protoc_gen_chat3_docs.kinds import KindTable, kind_tables
from protoc_gen_chat3_docs.model import Contract, Package, Rpc, Service
from protoc_gen_chat3_docs.names import words
from protoc_gen_chat3_docs.pages import Entry, Page, Site
from protoc_gen_chat3_docs.plan_errors import error_pages
from protoc_gen_chat3_docs.plan_types import type_pages
from protoc_gen_chat3_docs.well_known import WellKnownType, error_details, field_types

LANDING = "index.html"
GOOGLE_TYPES = "google-types.html"


def plan(contract: Contract) -> Site:
    """Plan all pages of a contract."""
    pages = [_landing(contract)]
    for package in contract.packages:
        pages += _package_pages(contract, package)
    pages += _google_types(field_types(contract), error_details(contract))
    return Site(contract, tuple(pages))


def _landing(contract: Contract) -> Page:
    packages = contract.packages
    names = [each.title for each in packages] if len(packages) > 1 else ["Where to go"]
    entries = (Entry(p.name, name, code=False) for p, name in zip(packages, names, strict=True))
    return Page(
        path=LANDING,
        title="Overview",
        template="landing.html.j2",
        section="Start",
        contents=(
            *entries,
            Entry("calling", "How to call", code=False),
            Entry("reading", "How to read these pages", code=False),
        ),
    )


def _package_pages(contract: Contract, package: Package) -> Iterator[Page]:
    for service in package.services:
        yield from _service_pages(contract, package, service)
    for table in kind_tables(contract, package):
        yield _kinds_page(package, table)
    yield from error_pages(contract, package)
    yield from type_pages(contract, package)


def _service_pages(contract: Contract, package: Package, service: Service) -> Iterator[Page]:
    overview = f"{package.name}/{service.name}/index.html"
    groups = method_groups(package, service)
    content: dict[str, object] = {"service": service, "groups": groups}
    yield Page(
        path=f"{package.name}/{service.name}/quick-start.html",
        title="Quick start",
        template="quick_start.html.j2",
        section=service.name,
        package=package,
        parent=overview,
        content=content,
    )
    yield Page(
        path=f"{package.name}/{service.name}/identity.html",
        title="Identity and rules",
        template="identity.html.j2",
        section=service.name,
        package=package,
        parent=overview,
        content=content,
    )
    yield Page(
        path=overview,
        title=service.name,
        label="All methods",
        code=True,
        template="service.html.j2",
        section=service.name,
        package=package,
        parent=LANDING,
        shows=(service.full_name,),
        content=content,
    )
    for group in groups:
        for rpc in group.rpcs:
            yield _method_page(contract, package, service, rpc, group.title)


def _method_page(
    contract: Contract, package: Package, service: Service, rpc: Rpc, section: str
) -> Page:
    bodies = [
        (direction, message)
        for direction, name in (("Request", rpc.request), ("Response", rpc.response))
        if (message := contract.message(name))
    ]
    catalogue = contract.catalogue(package)
    return Page(
        path=f"{package.name}/{service.name}/{rpc.name}.html",
        title=rpc.name,
        template="method.html.j2",
        section=section,
        package=package,
        parent=f"{package.name}/{service.name}/index.html",
        code=True,
        mark="stream" if rpc.server_streaming or rpc.client_streaming else "",
        shows=(rpc.full_name, *(name for _, body in bodies for name in body.names)),
        contents=(
            *(Entry(body.full_name, direction, code=False) for direction, body in bodies),
            *((Entry("errors", "Errors", code=False),) if catalogue else ()),
            Entry("example", "Example", code=False),
        ),
        content={
            "service": service,
            "rpc": rpc,
            "bodies": bodies,
            "catalogue": catalogue,
            "failures": method_failures(contract, catalogue, service, rpc) if catalogue else None,
        },
    )


def _kinds_page(package: Package, table: KindTable) -> Page:
    """Plan the page of what a message can carry, with a row for each kind."""
    name = table.message.name
    return Page(
        path=f"{package.name}/kinds/{name}.html",
        title=f"{words(name)} kinds and merging",
        template="kinds.html.j2",
        section=f"{words(name)}s",
        package=package,
        parent=LANDING,
        contents=(
            *(Entry(f"kind.{kind.field.name}", kind.field.name) for kind in table.kinds),
            *(Entry(f"part.{part.name}", part.name) for part in table.parts),
        ),
        content={"table": table},
    )


def _google_types(
    fields: tuple[WellKnownType, ...], details: tuple[WellKnownType, ...]
) -> Iterator[Page]:
    groups = [
        (anchor, heading, known)
        for anchor, heading, known in (
            ("field-types", "Field types", fields),
            ("error-details", "Error details", details),
        )
        if known
    ]
    if groups:
        yield Page(
            path=GOOGLE_TYPES,
            title="Google types",
            template="google_types.html.j2",
            section="Elsewhere",
            parent=LANDING,
            shows=tuple(each.full_name for _, _, known in groups for each in known),
            contents=tuple(Entry(anchor, heading, code=False) for anchor, heading, _ in groups),
            content={"groups": groups},
        )
