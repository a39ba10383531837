"""The `member` condition of dialog filters: which dialogs have (all of, none of) these users."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.filters import Condition
    from chat3_embedded.store import Store


def dialogs_with(
    store: Store, tenant_id: str, dialog_ids: Iterable[str], condition: Condition
) -> set[str]:
    """Return those of the dialogs whose members satisfy the condition."""
    value = condition.value
    wanted = set(value) if isinstance(value, list) else {value}
    members = store.members.ids_of_dialogs(tenant_id, dialog_ids)

    def fits(ids: set[str]) -> bool:
        if condition.operator == "all":
            return wanted <= ids
        return bool(wanted & ids) != (condition.operator in {"ne", "nin"})

    return {dialog_id for dialog_id in dialog_ids if fits(members.get(dialog_id, set()))}
