"""Which recordings are replayed, in the order in which they were made."""

from __future__ import annotations

# Chapters of recordings; a name in capitals is a step of our own, see `contract_story.Story`.
CHAPTERS = {
    "users": """
        user_get_unknown user_get_default_tenant_unknown user_create user_create_bob_notype
        user_create_extra user_create_dave user_create_dup user_create_nobody
        user_create_badid_dot user_create_badid_type user_create_badid_chars
        user_create_long user_create_null_type user_create_badjson body_array body_null
        body_text_plain body_big user_get user_get_case slash_in_user user_get_badid
        user_put user_put_empty user_put_name user_put_bad user_put_unknown user_noperm_get
        user_noperm_create user_delete users_list users_list_filter users_filter_bad
        users_filter_badop users_sort_paren err_auth_missing_key err_auth_invalid_key
        err_auth_inactive_key err_auth_expired_key err_tenant_unknown err_permission_read
        err_unknown_route err_method key_in_bearer tenants_list tenant_create_with_header
    """,
    "dialogs": """
        dialog_create dialog_get dialog_get_badid dialog_get_unknown dialog_get_othertenant
        members_list members_list_filter members_list_sort members_list_sort_paren
        members_list_limit0 members_list_limit101 members_list_unknown_dialog
        dialog_create_nomembers dialog_create_unknownuser dialog_create_badmeta
        dialog_create_badmember dialog_create_metanull member_add member_add_again
        member_add_unknown_user member_add_uppercase member_add_nobody member_add_noperm
        member_add_unknown_dialog member_remove member_remove_again member_remove_dotted
        member_remove_unknown_dialog user_zoe_dialogs
    """,
    "messages": """
        message_create message_get message_create_quote message_create_quote_unknown
        message_create_badquote message_create_image message_create_image_nourl
        message_create_usertype message_create_system message_create_badtype
        message_create_notmember message_create_unknownsender message_create_metanull
        dialog_messages dialog_messages_default message_create_long message_create_nocontent
        message_create_nosender message_create_numeric_content message_create_whitespace
        message_create_bad_dialogid message_create_unknown_dialog message_create_badtopic
        message_create_noperm message_put message_put_meta message_put_same
        message_put_empty message_put_noperm message_put_unknown message_get_badid
        message_get_unknown message_delete_attempt message_delete_attempt2 user_message
        user_message_own user_message_notmember user_message_unknown user_message_case
        message_create_metavals user_messages user_messages_limit0 user_messages_limit200
        user_messages_sort_asc user_messages_filter_bad user_messages_filter_createdAt
        user_messages_filter_meta user_messages_filter_sender_or user_messages_filter_type
        user_messages_notmember user_messages_notmember_exists user_messages_unknown_dialog
        dialog_members_unknown_status_bad dialog_messages_filter_bad EIGHT_UNREAD
    """,
    "a user's dialogs": """
        user_dialogs user_dialogs_last user_dialogs_last_false user_dialogs_last_bad
        user_dialogs_badpage user_dialogs_page2 user_dialogs_case user_dialogs_unknown_user
        user_dialogs_unread_0 user_dialogs_unread_gt user_dialogs_unread_bad
        user_dialogs_filter_bad user_dialogs_filter_badop user_dialogs_filter_member
        user_dialogs_filter_meta user_dialogs_filter_meta_num user_dialogs_filter_mix
        user_dialogs_filter_or user_dialogs_filter_regex user_dialogs_sort_bad
        user_dialogs_sort_unread
    """,
    "statuses and reactions": """
        status_delivered status_read status_read_again status_delivered_after_read
        status_unread status_bad status_own_message statuses statuses_limit
        statuses_notmember statuses_unknown status_notmember status_noperm status_put_method
        status_status_bad status_unknown_dialog status_unknown_message reaction_set
        reaction_set_again reaction_set_second reactions reactions_alice_view
        reaction_set_other_user user_message_with_reactions reaction_other_user_filter
        reaction_query_user reaction_unset reaction_unset_again reaction_badaction
        reaction_long reaction_nobody reaction_noperm reaction_notmember
        reaction_unknown_message user_get_after typing typing_body typing_alice
        typing_notmember typing_unknown_dialog markall markall_again markall_badid
        markall_notmember markall_unknown message_quote_get user_dialogs_after_markall
        unread_patch unread_patch_bad unread_patch_float_lastSeen
    """,
    "filters of messages": """
        m_abc m_dir1 m_float m_floateq m_garbage m_in m_limit500 m_meta m_msgid m_neg m_p99
        m_page0 m_quoted m_regex m_sort_content m_sortbad m_status m_status2 m_type_ne
        m_unknown
    """,
    "filters of dialogs": """
        FIVE_DIALOGS TEN_UNREAD f_all f_and f_and_bare_amp f_badjson f_boolstr
        f_boolstr_quoted f_comma f_comma_quoted f_createdAt f_dialogId f_dialogId_in f_empty
        f_eq_str f_exists f_exists_false f_group f_group2 f_gt f_in f_in_single_nobr f_json
        f_lastMessageAt f_lastSeenAt_iso f_limit100 f_limit101 f_limit_abc f_member_all
        f_member_eq f_member_in f_member_ne f_member_or_meta f_message_createdAt f_meta_dot
        f_meta_hyphen f_ne f_nin f_null f_numstr f_numstr_quoted f_or f_or13 f_paren
        f_paren_quoted f_range f_raw_amp f_raw_amp2 f_regex f_regex_i f_sort_interaction_asc
        f_sort_lastMessageAt_asc f_sort_lastSeen f_sort_unknown f_sort_unread_asc
        f_sort_unread_desc f_two_fields f_unknownfield f_unread f_unread_and_meta
        f_unread_or f_json_nosql
    """,
    "meta": """
        meta_put meta_put_num_nodatatype meta_put_num meta_put_mismatch meta_put_bool
        meta_put_obj meta_put_unknown_user user_get_meta_only meta_put_novalue meta_put_null
        meta_put_empty_string meta_put_badkey meta_put_badtype meta_put_baddialog
        meta_put_unknown_dialog meta_put_dialog meta_put_message meta_put_member
        meta_put_member_unknown meta_get_member members_with_meta meta_get_unknown_dialog
        meta_bulk meta_bulk_badkey meta_bulk_badkey_mixed meta_bulk_empty meta_bulk_nobody
        meta_bulk_null meta_noperm meta_get_user_after meta_delete meta_delete_noperm
        meta_delete_ok meta_delete_bulk meta_get_user status_status_uppercase
        status_matrix_after user_get_with_meta user_message_quote_get
    """,
    "other dialogs and tenants": """
        idem_1 idem_2_same_key_after_window messages_list dialogs_list trailing_slash
        tenant_upper user_zoe body_form user_delete_ok topic_create topics_list
        user_Zoe_dialogs SECRETS sec_members_override sec_msg_other_dialog
        sec_msgs_dialogId_override sec_msgs_dialogId_json sec_msgs_dialogId_or
        sec_msgs_json_or sec_msgs_tenant_override sec_msgs_tenant_json sec_msgs_where
        sec_dialogs_json_or sec_status_other_dialog sec_statuses_other_dialog
        sec_reaction_other_dialog sec_dialogs_userId_override dialog_delete_noperm
        dialog_delete dialog_get_deleted topic_for_msg message_create_topic
        dialog_messages_sort1 dialog_messages_sortbad dialog_messages_filter_quoted
        dialog_create_dup_members dialog_create_extra_fields users_filter_meta
        member_add_dotted dialog_create_member_dotted user_type_in_list UNMUTE
        members_filter_meta meta_reserved_names message_create_emptymeta
        message_create_extra tenant_create tenant_create_auto
    """,
}
NAMES = tuple(
    name for chapter in CHAPTERS.values() for name in chapter.split() if not name.isupper()
)
