"""The methods of the contract: a module each, and the registry of them all.

How to add one: `docs/adding-a-method.md`.
"""

from collections.abc import Mapping
from typing import Final

from chat3_user.methods import (
    create_dialog,
    create_topic,
    delete_message,
    edit_message,
    get_dialog,
    get_dialog_messages,
    get_message,
    get_myself,
    get_or_create_direct_dialog,
    get_pack,
    get_user,
    get_user_dialogs,
    list_dialog_members,
    list_message_statuses,
    list_message_versions,
    list_pack_messages,
    list_packs,
    list_topics,
    restore_message,
    send_message,
    send_typing_indicator,
    set_message_reaction,
    set_message_status,
    set_message_topic,
    subscribe_updates,
)
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed, Method, Streaming, Unary

__all__ = ["METHODS", "Dependencies", "Keyed", "Method", "Streaming", "Unary"]

_DECLARED: Final[tuple[Method, ...]] = (
    create_dialog.METHOD,
    create_topic.METHOD,
    get_dialog.METHOD,
    delete_message.METHOD,
    edit_message.METHOD,
    get_dialog_messages.METHOD,
    get_message.METHOD,
    get_myself.METHOD,
    get_or_create_direct_dialog.METHOD,
    get_pack.METHOD,
    get_user.METHOD,
    get_user_dialogs.METHOD,
    list_dialog_members.METHOD,
    list_message_statuses.METHOD,
    list_message_versions.METHOD,
    list_pack_messages.METHOD,
    list_packs.METHOD,
    list_topics.METHOD,
    restore_message.METHOD,
    send_message.METHOD,
    send_typing_indicator.METHOD,
    set_message_reaction.METHOD,
    set_message_status.METHOD,
    set_message_topic.METHOD,
    subscribe_updates.METHOD,
)

METHODS: Final[Mapping[str, Method]] = {method.name: method for method in _DECLARED}
"""Every method that is served, by its name in the contract."""
