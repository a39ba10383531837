"""What is sent selects on the platform's double what the caller's filter means."""

from collections.abc import Callable

import pytest
from filter_vocabulary import DOCUMENTS, FILTERS, Document, Meaning
from hypothesis import given
from hypothesis import strategies as st

from chat3_embedded import filters as upstream
from chat3_embedded.query import comparison
from chat3_user.validation import FilterError, parse_dialog_filter, parse_message_filter

Parser = Callable[[str], str]


def selects(node: upstream.Node | None, document: Document) -> bool:
    """Evaluate what the platform's parser read, with its rule that meta needs the key."""
    assert node is not None
    if isinstance(node, upstream.Group):
        join = all if node.joiner == "&" else any
        return join(selects(operand, document) for operand in node.operands)
    return node.field in document and comparison(node)(document[node.field])


@pytest.mark.parametrize("parser", [parse_dialog_filter, parse_message_filter])
@given(filter_=FILTERS, documents=st.lists(DOCUMENTS, min_size=1, max_size=5))
def test_the_platform_selects_what_the_filter_means(
    parser: Parser, filter_: tuple[str, Meaning], documents: list[Document]
) -> None:
    text, means = filter_
    try:
        written = parser(text)
    except FilterError:
        return
    node = upstream.parse_filter(written)
    for document in documents:
        assert selects(node, {"deleted": False, **document}) == means(document), written
    if parser is parse_message_filter:
        assert not any(selects(node, {**document, "deleted": True}) for document in documents)
