"""Says what a word that is not known may have been meant for."""

import difflib
from collections.abc import Iterable

LIKENESS = 0.6


def meant(word: str, known: Iterable[str]) -> str:
    """Give the end of a complaint, `; did you mean 'dialogs'?`; empty when nothing is like it.

    Letter case, and `-` against `_`, count for nothing.
    """
    by_form = {_form(each): each for each in known}
    close = difflib.get_close_matches(_form(word), by_form, n=1, cutoff=LIKENESS)
    return f"; did you mean {by_form[close[0]]!r}?" if close else ""


def _form(word: str) -> str:
    return word.lower().replace("_", "-")
