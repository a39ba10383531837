"""The methods of TenantService: a module each, and the registry of them all."""

from collections.abc import Mapping
from typing import Final

from chat3_user.methods.method import Method
from chat3_user.methods.tenant import (
    add_dialog_members,
    create_dialog,
    create_topic,
    create_user,
    create_user_token,
    delete_dialog,
    delete_message,
    delete_user,
    edit_message,
    find_dialog_by_meta,
    get_dialog,
    get_message,
    get_user,
    list_dialog_members,
    list_dialogs,
    list_message_statuses,
    list_message_versions,
    list_messages,
    list_topics,
    list_users,
    mark_member_read,
    remove_dialog_member,
    restore_message,
    search_messages,
    send_message,
    set_message_reaction,
    set_message_status,
    set_message_topic,
    subscribe_tenant_updates,
    update_dialog_meta,
    update_topic,
    update_user,
    upsert_user,
    watch_updates,
)

__all__ = ["METHODS"]

_DECLARED: Final[tuple[Method, ...]] = (
    add_dialog_members.METHOD,
    create_dialog.METHOD,
    create_topic.METHOD,
    create_user.METHOD,
    create_user_token.METHOD,
    delete_dialog.METHOD,
    delete_message.METHOD,
    delete_user.METHOD,
    edit_message.METHOD,
    find_dialog_by_meta.METHOD,
    get_dialog.METHOD,
    get_message.METHOD,
    get_user.METHOD,
    list_dialog_members.METHOD,
    list_dialogs.METHOD,
    list_message_statuses.METHOD,
    list_message_versions.METHOD,
    list_messages.METHOD,
    list_topics.METHOD,
    list_users.METHOD,
    mark_member_read.METHOD,
    remove_dialog_member.METHOD,
    restore_message.METHOD,
    search_messages.METHOD,
    send_message.METHOD,
    set_message_reaction.METHOD,
    set_message_status.METHOD,
    set_message_topic.METHOD,
    subscribe_tenant_updates.METHOD,
    update_dialog_meta.METHOD,
    update_topic.METHOD,
    update_user.METHOD,
    upsert_user.METHOD,
    watch_updates.METHOD,
)

METHODS: Final[Mapping[str, Method]] = {method.name: method for method in _DECLARED}
"""Every method of the service, by its name in the contract."""
