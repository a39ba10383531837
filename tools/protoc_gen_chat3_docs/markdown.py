"""Renders the Markdown of comments as HTML, with links on the names of symbols."""

import re
from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from protoc_gen_chat3_docs.highlight import highlight

Link = Callable[[str, str], str | None]
"""Gives the address of what a name means in the comment on a symbol; None when it is no symbol."""

# `Valid: ...` and the like at the start of a paragraph are labels.
_LABEL = re.compile(r"^([A-Z][a-z]+):\s")


class _Html(RendererHTML):
    """Writes HTML; each method is named after the kind of token that it writes."""

    def code_inline(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType
    ) -> str:
        """Link what is the name of a symbol."""
        text = tokens[idx].content
        code = f"<code>{escape(text)}</code>"
        address = env["link"](text, env["scope"])
        return f'<a class="symbol" href="{escape(address)}">{code}</a>' if address else code

    def fence(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType) -> str:
        """Colour code; a block without a language that begins with a brace is JSON."""
        token = tokens[idx]
        language = token.info.strip() or ("json" if token.content.startswith("{") else "text")
        return f'<pre tabindex="0"><code>{highlight(token.content, language)}</code></pre>\n'

    def code_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Treat indented code like fenced code."""
        return self.fence(tokens, idx, options, env)

    def table_open(self, *_: object) -> str:
        """Let a wide table scroll by itself."""
        return '<div class="table" tabindex="0"><table>\n'

    def table_close(self, *_: object) -> str:
        """End what `table_open` began."""
        return "</table></div>\n"


class CommentRenderer:
    """Renders comments, with links as they are right on one page."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Html)
        self._markdown.enable("table")
        self._markdown.core.ruler.push("labels", _mark_labels)

    def blocks(self, text: str, scope: str) -> Markup:
        """Render paragraphs, lists, tables and code."""
        html = self._markdown.render(text, self._environment(scope))
        return Markup(html)  # noqa: S704 -- markup in comments is off

    def inline(self, text: str, scope: str) -> Markup:
        """Render one paragraph without its element."""
        html = self._markdown.renderInline(text, self._environment(scope))
        return Markup(html)  # noqa: S704 -- markup in comments is off

    def summary(self, text: str, scope: str, name: str) -> Markup:
        """Render the first sentence, without the `Name is` that it begins with."""
        sentence = re.sub(rf"^{re.escape(name)} (?:(?:is|are) )?", "", first_sentence(text))
        return self.inline(sentence[:1].upper() + sentence[1:], scope)

    def _environment(self, scope: str) -> dict[str, object]:
        return {"link": self._link, "scope": scope}


def first_sentence(text: str) -> str:
    """Cut a comment after its first sentence."""
    paragraph = " ".join(text.split("\n\n", 1)[0].split())
    match = re.match(r"(.+?[.:])(?=\s+[A-Z`]|$)", paragraph)
    return (match[1] if match else paragraph).rstrip(":")


def _mark_labels(state: StateCore) -> None:
    tokens = state.tokens
    for opening, inline in pairwise(tokens):
        if opening.type != "paragraph_open" or not inline.children:
            continue
        first = inline.children[0]
        label = _LABEL.match(first.content + " ") if first.type == "text" else None
        if label is None:
            continue
        opening.attrSet("class", f"labelled labelled-{label[1].lower()}")
        first.content = first.content[len(label[1]) + 1 :].lstrip()
        start = Token("strong_open", "strong", 1, markup="**")
        text = Token("text", "", 0, content=label[1])
        end = Token("strong_close", "strong", -1, markup="**")
        inline.children[:0] = [start, text, end]
