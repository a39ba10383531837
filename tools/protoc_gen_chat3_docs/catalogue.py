"""Renders the error catalogue, a Markdown page with every error reason."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from protoc_gen_chat3_docs.model import Api


def render(api: Api) -> dict[str, str]:
    """Make `errors.md`."""
    environment = Environment(
        loader=PackageLoader("protoc_gen_chat3_docs"),
        autoescape=False,  # noqa: S701 -- Markdown, made from our own contract
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return {"errors.md": environment.get_template("errors.md.j2").render(api=api)}
