"""Plans the pages of a package's error catalogue: an index, and a page for each status."""

from collections.abc import Iterator, Sequence

from protoc_gen_chat3_docs.length import LONGEST_PAGE, reason_length
from protoc_gen_chat3_docs.model import Contract, Enum, Package, Reason
from protoc_gen_chat3_docs.pages import Entry, Page

SECTION = "Errors"


def error_pages(contract: Contract, package: Package) -> Iterator[Page]:
    """Plan the pages; none where there is no catalogue, and no catalogue that is another's."""
    catalogue = contract.catalogue(package)
    index = f"{package.name}/errors/index.html"
    if catalogue and package.services:
        yield Page(
            path=f"{package.name}/errors/retries.html",
            title="Failures and retries",
            template="retries.html.j2",
            section=SECTION,
            package=package,
            parent=index if package.reason_enum else "index.html",
            content={"catalogue": catalogue},
        )
    if package.reason_enum:
        yield _index(package, package.reason_enum, index)
        statuses: dict[str, list[Reason]] = {}
        for reason in package.reasons:
            statuses.setdefault(reason.status, []).append(reason)
        for status in sorted(statuses):
            yield from _status_pages(package, index, status, statuses[status])


def _index(package: Package, enum: Enum, path: str) -> Page:
    zero = (value.full_name for value in enum.values if value.number == 0)
    return Page(
        path=path,
        title="Error reasons",
        label="All reasons",
        template="errors.html.j2",
        section=SECTION,
        package=package,
        parent="index.html",
        shows=(enum.full_name, *zero),
        content={"enum": enum},
    )


def _status_pages(
    package: Package, index: str, status: str, reasons: Sequence[Reason]
) -> Iterator[Page]:
    """Plan one page for a status, or, where that is too long, one for each of its reasons."""
    path = f"{package.name}/errors/{status.lower()}.html"
    long = sum(reason_length(reason) for reason in reasons) > LONGEST_PAGE
    names = tuple(reason.full_name for reason in reasons)
    yield Page(
        path=path,
        title=status,
        template="reasons_index.html.j2" if long else "reasons.html.j2",
        section=SECTION,
        package=package,
        parent=index,
        code=True,
        shows=() if long else names,
        contents=() if long else tuple(_entry(reason) for reason in reasons),
        content={"status": status, "reasons": reasons},
    )
    if long:
        for reason in reasons:
            yield Page(
                path=f"{package.name}/errors/{status.lower()}/{reason.name}.html",
                title=_entry(reason).label,
                template="reasons.html.j2",
                section=SECTION,
                package=package,
                parent=path,
                code=True,
                nested=True,
                shows=(reason.full_name,),
                content={"status": status, "reasons": [reason]},
            )


def _entry(reason: Reason) -> Entry:
    return Entry(reason.full_name, reason.name.removeprefix("ERROR_REASON_"))
