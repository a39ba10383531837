"""The methods of the contract: a module each, and the registry of them all.

How to add one: `docs/adding-a-method.md`.
"""

from collections.abc import Mapping
from typing import Final

from chat3_user.methods import (
    get_dialog_messages,
    get_user_dialogs,
    send_message,
    send_typing_indicator,
    set_message_reaction,
    set_message_status,
    subscribe_updates,
)
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed, Method, Streaming, Unary

__all__ = ["METHODS", "Dependencies", "Keyed", "Method", "Streaming", "Unary"]

_DECLARED: Final[tuple[Method, ...]] = (
    get_dialog_messages.METHOD,
    get_user_dialogs.METHOD,
    send_message.METHOD,
    send_typing_indicator.METHOD,
    set_message_reaction.METHOD,
    set_message_status.METHOD,
    subscribe_updates.METHOD,
)

METHODS: Final[Mapping[str, Method]] = {method.name: method for method in _DECLARED}
"""Every method that is served, by its name in the contract."""
