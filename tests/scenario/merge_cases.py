"""The cases of the merge rules: what is known, and the updates that come.

`merge_vectors` adds what is known after them, by the rules of `support.merging`.
"""

from collections.abc import Iterator

from scenario.merge_dialog_cases import of_dialogs, of_the_unknown, of_the_user
from scenario.merge_message_cases import of_deletions, of_marks, of_messages
from scenario.merge_parts import Case


def cases() -> Iterator[Case]:
    """Return all cases."""
    yield from of_messages()
    yield from of_deletions()
    yield from of_marks()
    yield from of_dialogs()
    yield from of_the_user()
    yield from of_the_unknown()
