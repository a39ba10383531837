"""The methods of UserService: a module each, and the registry of them all."""

from collections.abc import Mapping
from typing import Final

from chat3_user.methods.method import Method
from chat3_user.methods.user import (
    add_dialog_members,
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
    leave_dialog,
    list_dialog_members,
    list_message_statuses,
    list_message_versions,
    list_pack_messages,
    list_packs,
    list_topics,
    list_updates,
    mark_dialog_read,
    mark_pack_read,
    remove_dialog_member,
    restore_message,
    send_message,
    send_typing_indicator,
    set_message_reaction,
    set_message_status,
    set_message_topic,
    subscribe_updates,
    update_dialog_meta,
    update_my_meta,
    update_topic,
)

__all__ = ["METHODS"]

_DECLARED: Final[tuple[Method, ...]] = (
    add_dialog_members.METHOD,
    create_dialog.METHOD,
    create_topic.METHOD,
    delete_message.METHOD,
    edit_message.METHOD,
    get_dialog.METHOD,
    get_dialog_messages.METHOD,
    get_message.METHOD,
    get_myself.METHOD,
    get_or_create_direct_dialog.METHOD,
    get_pack.METHOD,
    get_user.METHOD,
    get_user_dialogs.METHOD,
    leave_dialog.METHOD,
    list_dialog_members.METHOD,
    list_message_statuses.METHOD,
    list_message_versions.METHOD,
    list_pack_messages.METHOD,
    list_packs.METHOD,
    list_topics.METHOD,
    list_updates.METHOD,
    mark_dialog_read.METHOD,
    mark_pack_read.METHOD,
    remove_dialog_member.METHOD,
    restore_message.METHOD,
    send_message.METHOD,
    send_typing_indicator.METHOD,
    set_message_reaction.METHOD,
    set_message_status.METHOD,
    set_message_topic.METHOD,
    subscribe_updates.METHOD,
    update_dialog_meta.METHOD,
    update_my_meta.METHOD,
    update_topic.METHOD,
)

METHODS: Final[Mapping[str, Method]] = {method.name: method for method in _DECLARED}
"""Every method of the service, by its name in the contract."""
