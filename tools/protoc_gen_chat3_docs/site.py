"""Renders the HTML reference: one page with its style sheet, scripts and search index."""

import json
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from protoc_gen_chat3_docs.examples import Examples
from protoc_gen_chat3_docs.highlight import highlight
from protoc_gen_chat3_docs.markdown import CommentRenderer, first_sentence
from protoc_gen_chat3_docs.model import Api, ProtoFile
from protoc_gen_chat3_docs.symbols import SymbolTable, symbols
from protoc_gen_chat3_docs.well_known import ERROR_DETAILS, FIELD_TYPES

ASSETS = ("site.css", "site.js", "theme.js")


def render(api: Api) -> dict[str, str]:
    """Make every file of the site, by its path."""
    package = resources.files("protoc_gen_chat3_docs")
    files = {name: (package / "assets" / name).read_text("utf-8") for name in ASSETS}
    files["search-index.js"] = _search_index(api)
    files["index.html"] = _page(api)
    return files


def _page(api: Api) -> str:
    table = SymbolTable(api)
    renderer = CommentRenderer(table)
    environment = Environment(
        loader=PackageLoader("protoc_gen_chat3_docs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        blocks=renderer.blocks,
        inline=renderer.inline,
        summary=renderer.summary,
        code=_code,
        title=_title,
    )
    spoken_for = {name for rpc in api.rpcs for name in (rpc.request, rpc.response)}
    return environment.get_template("index.html.j2").render(
        api=api,
        table=table,
        examples=Examples(api),
        spoken_for=spoken_for,
        field_types=FIELD_TYPES,
        error_details=ERROR_DETAILS,
    )


def _code(text: str, language: str) -> Markup:
    return Markup(highlight(text, language))  # noqa: S704 -- highlight escapes


def _title(file: ProtoFile) -> str:
    """Name a file's part of the sidebar: `message.proto` becomes `Message`."""
    stem = file.path.rpartition("/")[2].removesuffix(".proto")
    return stem.replace("_", " ").capitalize()


def _search_index(api: Api) -> str:
    prefix = f"{api.package}."
    rows = [
        [symbol.kind, symbol.name, symbol.full_name.removeprefix(prefix), _plain(symbol.text)]
        for symbol in symbols(api)
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return (
        "// Every symbol of the contract: kind, name, name within the package, first sentence.\n"
        f"window.apiSymbols = {{ prefix: {json.dumps(prefix)}, rows: [\n{lines},\n] }};\n"
    )


def _plain(text: str) -> str:
    return first_sentence(text).replace("`", "")
