"""Draws received spans as an SVG: a row for each, children below their parents, links as arrows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from support.otlp import Received

_ROW: Final = 26
_LABELS: Final = 390
_BARS: Final = 560
_PAD: Final = 18
_WIDTH: Final = _LABELS + _BARS + 2 * _PAD
_BAND: Final = _LABELS + _BARS
_COLOURS: Final = ("#2f6fb5", "#3f9a72", "#b5652f", "#7d5ba6")
_FACE: Final = "font-family='system-ui, sans-serif' font-size='12'"


@dataclass(frozen=True)
class _Row:
    span: Received
    depth: int


def picture(title: str, spans: Sequence[Received], joined_by: str = "") -> str:
    """Return an SVG of the spans, one block for each trace, in the order of their first spans.

    The time shown is that of the first trace. ``joined_by`` is an attribute that joins traces which
    no link does: spans that have the same value of it are connected.
    """
    blocks = _blocks(spans)
    first = blocks[0]
    begin = min(row.span.start for row in first)
    end = max(row.span.end for block in blocks for row in block if _is_short(row.span))
    margin = (end - begin) // 20
    drawing = _Drawing(begin - margin, end + margin, _actors(blocks))
    parts = [*drawing.legend(title)]
    for block in blocks:
        parts += drawing.block(block)
    parts += drawing.links(spans)
    if joined_by:
        parts += drawing.joins(spans, joined_by)
    height = drawing.bottom + _PAD
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}' width='{_WIDTH}'"
        f" height='{height}' role='img' aria-label={quoteattr(title)} {_FACE}>"
        f"<rect width='{_WIDTH}' height='{height}' fill='#ffffff'/>"
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7'"
        " markerHeight='7' orient='auto'><path d='M0 0 8 4 0 8z' fill='#444'/></marker></defs>"
    )
    return "\n".join([head, *parts, "</svg>", ""])


def titles(svg: str) -> set[str]:
    """Return the names of the spans that a picture shows."""
    return {part.split("</title>")[0] for part in svg.split("<title>")[1:]}


def _blocks(spans: Sequence[Received]) -> list[list[_Row]]:
    children: dict[str, list[Received]] = {}
    known = {span.span_id for span in spans}
    roots: dict[str, list[Received]] = {}
    for span in sorted(spans, key=lambda span: span.start):
        if span.parent_id in known:
            children.setdefault(span.parent_id, []).append(span)
        else:
            roots.setdefault(span.trace_id, []).append(span)

    def below(span: Received, depth: int) -> Iterator[_Row]:
        yield _Row(span, depth)
        for child in children.get(span.span_id, ()):
            yield from below(child, depth + 1)

    blocks = [[row for root in each for row in below(root, 0)] for each in roots.values()]
    # A stream is older than what it gets: it comes last all the same.
    return sorted(blocks, key=lambda rows: (not _is_short(rows[0].span), rows[0].span.start))


def _is_short(span: Received) -> bool:
    return not span.name.endswith("/SubscribeUpdates")


def _actor(span: Received) -> str:
    return f"{span.service}, process {span.pid}" if span.pid else span.service


def _actors(blocks: Sequence[Sequence[_Row]]) -> dict[str, str]:
    """Return a colour for each process, and for what is played without one."""
    names = dict.fromkeys(_actor(row.span) for block in blocks for row in block)
    return dict(zip(names, _COLOURS, strict=False))


class _Drawing:
    """Where what is drawn so far ends, and where each span is."""

    def __init__(self, begin: int, end: int, colours: Mapping[str, str]) -> None:
        self._begin = begin
        self._end = end
        self._colours = colours
        self._rows: dict[str, tuple[float, float, int]] = {}
        self.bottom = _PAD

    def legend(self, title: str) -> Iterator[str]:
        yield _text(_PAD, self.bottom + 10, title, "#111", "font-weight='600' font-size='14'")
        self.bottom += 30
        at = _PAD
        seen: list[str] = []
        for actor, colour in self._colours.items():
            # Processes have numbers of their own in each run: the picture counts them.
            service, comma, _ = actor.partition(", process ")
            seen.append(service)
            shown = f"{service}{comma}{seen.count(service)}" if comma else service
            yield f"<rect x='{at}' y='{self.bottom - 9}' width='11' height='11' fill='{colour}'/>"
            yield _text(at + 16, self.bottom, shown, "#333")
            at += 40 + 7 * len(shown)
        self.bottom += 18

    def block(self, rows: Sequence[_Row]) -> Iterator[str]:
        begun = ", begun by the caller" if rows[0].span.parent_id else ""
        yield _text(_PAD, self.bottom + 12, f"trace {rows[0].span.trace_id[:8]}…{begun}", "#777")
        self.bottom += 20
        for row in rows:
            yield from self._row(row)
        self.bottom += 8

    def _row(self, row: _Row) -> Iterator[str]:
        span, y = row.span, self.bottom
        left, right = self._x(span.start), self._x(span.end)
        width = max(right - left, 2)
        self._rows[span.span_id] = (left, left + width, y + _ROW // 2)
        name = span.name.replace("chat3.user.v1.", "")
        yield "<g>"
        yield f"<title>{escape(span.service)}: {escape(span.name)}</title>"
        yield f"<rect x='{_PAD}' y='{y}' width='{_BAND}' height='{_ROW}' fill='#f6f6f4'/>"
        user = span.attributes.get("chat3.user.id")
        shown = f"{name} ({user})" if user else name
        yield _text(_PAD + 6 + 14 * row.depth, y + 17, shown, "#222")
        yield (
            f"<rect x='{left:.1f}' y='{y + 6}' width='{width:.1f}' height='{_ROW - 12}' rx='2'"
            f" fill='{self._colours[_actor(span)]}'/>"
        )
        told = f"{(span.end - span.start) / 1e6:.1f} ms"
        if self._begin <= span.start and span.end <= self._end:
            inside = left + width + 70 > _WIDTH - _PAD
            x = left - 6 if inside else left + width + 6
            yield _text(x, y + 17, told, "#666", f"text-anchor='{'end' if inside else 'start'}'")
        yield "</g>"
        self.bottom += _ROW + 2

    def links(self, spans: Sequence[Received]) -> Iterator[str]:
        for span in spans:
            for link in span.links:
                if link.span_id in self._rows and link.span_id != span.parent_id:
                    yield from self._arrow(span.span_id, link.span_id, "link: the stream")

    def joins(self, spans: Sequence[Received], attribute: str) -> Iterator[str]:
        """Connect the span of a call with those of other traces that have the same value."""
        for span in spans:
            for other in spans:
                value = span.attributes.get(attribute)
                calls = span.kind == "SERVER" and other.kind == "CONSUMER"
                if calls and value and other.attributes.get(attribute) == value:
                    yield from self._arrow(other.span_id, span.span_id, f"same {attribute}")

    def _arrow(self, start: str, end: str, words: str) -> Iterator[str]:
        (left, _, y), (begin, finish, target) = self._rows[start], self._rows[end]
        x = min(max(left, begin), finish)
        down = target > y
        tip = target - _ROW // 2 + 5 if down else target + _ROW // 2 - 5
        yield (
            f"<path d='M{left:.1f} {y} L{x:.1f} {tip}' stroke='#444' stroke-dasharray='4 3'"
            " fill='none' marker-end='url(#tip)'/>"
        )
        middle = y + 24 if down else y - 18
        yield _text(left - 12, middle, words, "#444", "text-anchor='end' font-style='italic'")

    def _x(self, time: int) -> float:
        share = (time - self._begin) / (self._end - self._begin)
        return _PAD + _LABELS + min(max(share, 0.0), 1.0) * _BARS


def _text(x: float, y: float, text: str, colour: str, more: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='{colour}' {more}>{escape(text)}</text>"
