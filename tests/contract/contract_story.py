"""The recorded requests as one story, replayed in order against a server of today."""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import msgspec
from contract_shape import correspondence, differences
from contract_target import SECOND_TENANT, TENANT

if TYPE_CHECKING:
    from contract_target import Reply, Target

RECORDED = Path(__file__).parent / "recorded"

# Chapters of recordings; a name in capitals is a step of our own, see `Story`.
CHAPTERS = {
    "users": """
        user_get_unknown user_get_default_tenant_unknown user_create user_create_bob_notype user_create_extra
        user_create_dave user_create_dup user_create_nobody user_create_badid_dot
        user_create_badid_type user_create_badid_chars user_create_long user_create_null_type
        user_create_badjson body_array body_null body_text_plain body_big user_get user_get_case
        slash_in_user user_get_badid user_put user_put_empty user_put_name user_put_bad
        user_put_unknown user_noperm_get user_noperm_create user_delete users_list
        users_list_filter users_filter_bad users_filter_badop users_sort_paren
        err_auth_missing_key err_auth_invalid_key err_auth_inactive_key err_auth_expired_key
        err_tenant_unknown err_permission_read err_unknown_route err_method key_in_bearer
        tenants_list tenant_create_with_header
    """,
    "dialogs": """
        dialog_create dialog_get dialog_get_badid dialog_get_unknown dialog_get_othertenant
        members_list members_list_filter members_list_sort members_list_sort_paren
        members_list_limit0 members_list_limit101 members_list_unknown_dialog
        dialog_create_nomembers dialog_create_unknownuser dialog_create_badmeta
        dialog_create_badmember dialog_create_metanull member_add member_add_again
        member_add_unknown_user member_add_uppercase member_add_nobody
        member_add_noperm member_add_unknown_dialog member_remove member_remove_again
        member_remove_dotted member_remove_unknown_dialog user_zoe_dialogs
    """,
    "messages": """
        message_create message_get message_create_quote message_create_quote_unknown
        message_create_badquote message_create_image message_create_image_nourl
        message_create_usertype message_create_system message_create_badtype
        message_create_notmember message_create_unknownsender message_create_metanull
        dialog_messages dialog_messages_default message_create_long message_create_nocontent
        message_create_nosender message_create_numeric_content message_create_whitespace
        message_create_bad_dialogid message_create_unknown_dialog message_create_badtopic
        message_create_noperm message_put message_put_meta message_put_same message_put_empty
        message_put_noperm message_put_unknown message_get_badid message_get_unknown
        message_delete_attempt message_delete_attempt2 user_message
        user_message_own user_message_notmember user_message_unknown user_message_case
        message_create_metavals user_messages user_messages_limit0
        user_messages_limit200 user_messages_sort_asc user_messages_filter_bad
        user_messages_filter_createdAt user_messages_filter_meta user_messages_filter_sender_or
        user_messages_filter_type user_messages_notmember user_messages_notmember_exists
        user_messages_unknown_dialog dialog_members_unknown_status_bad
        dialog_messages_filter_bad EIGHT_UNREAD
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
        status_delivered status_read status_read_again status_delivered_after_read status_unread
        status_bad status_own_message statuses statuses_limit statuses_notmember statuses_unknown
        status_notmember status_noperm status_put_method status_status_bad status_unknown_dialog
        status_unknown_message reaction_set reaction_set_again reaction_set_second reactions
        reactions_alice_view reaction_set_other_user user_message_with_reactions
        reaction_other_user_filter reaction_query_user reaction_unset reaction_unset_again
        reaction_badaction reaction_long reaction_nobody reaction_noperm reaction_notmember
        reaction_unknown_message user_get_after typing typing_body typing_alice typing_notmember
        typing_unknown_dialog markall markall_again markall_badid markall_notmember
        markall_unknown message_quote_get user_dialogs_after_markall unread_patch unread_patch_bad
        unread_patch_float_lastSeen
    """,
    "filters of messages": """
        m_abc m_dir1 m_float m_floateq m_garbage m_in m_limit500 m_meta m_msgid m_neg m_p99
        m_page0 m_quoted m_regex m_sort_content m_sortbad m_status m_status2 m_type_ne m_unknown
    """,
    "filters of dialogs": """
        FIVE_DIALOGS TEN_UNREAD
        f_all f_and f_and_bare_amp f_badjson f_boolstr f_boolstr_quoted f_comma f_comma_quoted
        f_createdAt f_dialogId f_dialogId_in f_empty f_eq_str f_exists f_exists_false f_group
        f_group2 f_gt f_in f_in_single_nobr f_json f_lastMessageAt f_lastSeenAt_iso
        f_limit100 f_limit101 f_limit_abc f_member_all f_member_eq f_member_in f_member_ne
        f_member_or_meta f_message_createdAt f_meta_dot f_meta_hyphen f_ne f_nin f_null f_numstr
        f_numstr_quoted f_or f_or13 f_paren f_paren_quoted f_range f_raw_amp f_raw_amp2 f_regex
        f_regex_i f_sort_interaction_asc f_sort_lastMessageAt_asc f_sort_lastSeen f_sort_unknown
        f_sort_unread_asc f_sort_unread_desc f_two_fields f_unknownfield f_unread
        f_unread_and_meta f_unread_or f_json_nosql
    """,
    "meta": """
        meta_put meta_put_num_nodatatype meta_put_num meta_put_mismatch meta_put_bool meta_put_obj
        meta_put_unknown_user user_get_meta_only meta_put_novalue meta_put_null
        meta_put_empty_string meta_put_badkey meta_put_badtype meta_put_baddialog
        meta_put_unknown_dialog meta_put_dialog meta_put_message meta_put_member
        meta_put_member_unknown meta_get_member members_with_meta
        meta_get_unknown_dialog meta_bulk meta_bulk_badkey meta_bulk_badkey_mixed
        meta_bulk_empty meta_bulk_nobody meta_bulk_null meta_noperm meta_get_user_after
        meta_delete meta_delete_noperm meta_delete_ok meta_delete_bulk meta_get_user
        status_status_uppercase status_matrix_after user_get_with_meta user_message_quote_get
    """,
    "other dialogs and tenants": """
        idem_1 idem_2_same_key_after_window messages_list dialogs_list trailing_slash tenant_upper
        user_zoe body_form
        user_delete_ok topic_create topics_list user_Zoe_dialogs SECRETS sec_members_override sec_msg_other_dialog
        sec_msgs_dialogId_override sec_msgs_dialogId_json sec_msgs_dialogId_or sec_msgs_json_or
        sec_msgs_tenant_override sec_msgs_tenant_json sec_msgs_where sec_dialogs_json_or
        sec_status_other_dialog sec_statuses_other_dialog sec_reaction_other_dialog
        sec_dialogs_userId_override dialog_delete_noperm dialog_delete dialog_get_deleted
        topic_for_msg message_create_topic
        dialog_messages_sort1 dialog_messages_sortbad dialog_messages_filter_quoted
        dialog_create_dup_members dialog_create_extra_fields users_filter_meta
        member_add_dotted dialog_create_member_dotted user_type_in_list UNMUTE members_filter_meta
        meta_reserved_names message_create_emptymeta
        message_create_extra tenant_create tenant_create_auto
    """,
}
NAMES = tuple(
    name for chapter in CHAPTERS.values() for name in chapter.split() if not name.isupper()
)

# These answers show the whole tenant, or what only a database of our own can be sure of.
DOUBLE_ONLY = frozenset(
    "users_list users_list_filter users_filter_meta user_type_in_list dialogs_list messages_list tenants_list"
    " tenant_create tenant_create_auto sec_msgs_where".split()
)
_PEOPLE = (
    "alice bob carol dave frank erin ghost_user ghost newbie nosuchuser nobody_here nobody zoe Zoe"
    " MixedCase formuser ALICE Bob dupuser2 zed"
).split()
_ROLES = {
    "chat3_rwd": "full",
    **{f"chat3_{role}": role for role in ("read", "write", "none", "inactive", "expired")},
}
# Counters are late on a real server.
_LATE = frozenset(
    "unreadCount unreadDialogsCount totalUnreadCount totalMessagesCount countUnread statsVersion"
    " dialogCount messageCount".split()
)
# Recorded when the counters were an event or two behind.
_BEFORE_COUNTING = frozenset({*CHAPTERS["a user's dialogs"].split(), "user_get_with_meta"})


@dataclass
class Story:
    """Replays recordings; learns from each answer which id of today is which recorded one."""

    api: Target
    today: dict[str, str] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        suffix = "x" + secrets.token_hex(3)
        for name in _PEOPLE:
            self.today[name] = name + (suffix.upper() if name.isupper() else suffix)
        self.today[TENANT] = self.api.tenant
        self.today[TENANT.upper()] = self.api.tenant.upper()
        if self.api.second_tenant:
            self.today[SECOND_TENANT] = self.api.second_tenant

    async def tell(self) -> None:
        steps = {
            "EIGHT_UNREAD": lambda: self._counted(8),
            "TEN_UNREAD": lambda: self._counted(10),
            "FIVE_DIALOGS": self._five_dialogs,
            "SECRETS": self._secrets,
            "UNMUTE": self._unmute,
        }
        for chapter in CHAPTERS.values():
            for name in chapter.split():
                step = steps.get(name)
                await (step() if step else self._replay(name))

    async def _replay(self, name: str) -> None:
        recording = load(name)
        request = recording["request"]
        headers = {key.lower(): value for key, value in request["headers"].items()}
        role = _ROLES.get(headers.get("x-api-key", ""), "full")
        if self.api.keys[role] is None:
            self.skipped[name] = f"no {role} key for this server"
        elif SECOND_TENANT in str(request) and self.api.second_tenant is None:
            self.skipped[name] = "no second tenant on this server"
        elif name in DOUBLE_ONLY and not self.api.is_double:
            self.skipped[name] = "shows the whole tenant"
        else:
            await self._ask(name, recording, headers, role)

    async def _ask(self, name: str, recording: Any, headers: Any, role: str) -> None:
        request = recording["request"]
        if headers.get("x-api-key") in _ROLES:
            headers["x-api-key"] = self.api.key(role)
        headers = {key: self.translated(value) for key, value in headers.items()}
        path = self._translated_path(request["path"])
        body = self.translated(request["body"])
        arguments = () if body is None else (body,)
        reply = await self.api.call(
            request["method"], path, *arguments, role=None, tenant=None, headers=headers
        )
        expected, found = self.translated(recording["response"]), _comparable(reply, recording)
        self.today.update(correspondence(recording["response"], found))
        exact = self.api.is_double and name not in _BEFORE_COUNTING
        loose = frozenset() if exact else _LATE
        problems = list(differences(expected, found, loose=loose))
        if reply.status != recording["status"]:
            problems.insert(0, f"status {recording['status']} recorded, found {reply.status}")
        self.problems[name] = problems

    def translated(self, value: Any) -> Any:
        """Return a recorded value with the names and ids of today."""
        if isinstance(value, dict):
            return {key: self.translated(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.translated(item) for item in value]
        if not isinstance(value, str):
            return self._moment(value) if isinstance(value, int) else value
        if match := re.fullmatch(r"(.)\1+\.\.\.<(\d+) chars>", value):
            return match[1] * int(match[2])
        if value == "<110 kB JSON>":
            return msgspec.json.encode({"userId": "x" * 110_000}).decode()
        names = "|".join(sorted(map(re.escape, self.today), key=len, reverse=True))
        value = re.sub(
            rf"(?<![A-Za-z0-9])({names})(?![A-Za-z0-9])", lambda m: self.today[m[1]], value
        )
        # A time may stand in a filter without its fraction.
        return re.sub(r"\b17954\d{8}\b", lambda m: str(self._moment(int(m[0]))), value)

    def _translated_path(self, path: str) -> str:
        """Translate the parts of a URL one by one, as they read before percent-encoding."""
        parts = re.split(r"([/?&=])", path)
        return "".join(
            part if part in "/?&=" else quote(self.translated(unquote(part)), safe="")
            for part in parts
        )

    def _moment(self, value: int) -> int:
        text = str(int(value)) + "."
        moments = (now for then, now in self.today.items() if then.startswith(text))
        found = next(moments, None)
        return value if found is None else int(float(found))

    async def _counted(self, unread: int) -> None:
        """Wait until the counters, late on a real server, say how much Alice has not read."""
        async with asyncio.timeout(30):
            while True:
                reply = await self.api.call("GET", f"/api/users/{self.today['alice']}")
                if reply.json["data"]["stats"]["totalUnreadCount"] == unread:
                    return
                await asyncio.sleep(0.2)

    async def _five_dialogs(self) -> None:
        titles = ("Alpha", "Beta, with comma", "Gamma (x)", "123", "true")
        for number, title in enumerate(titles):
            other = self.today["bob" if number % 2 else "carol"]
            meta = {"title": title, "n": number, "kind": "odd" if number % 2 else "even"}
            dialog = await self._dialog(self.api.tenant, [self.today["alice"], other], meta)
            for index in range(number):
                await self._message(self.api.tenant, dialog, other, f"m{number}-{index}")

    async def _secrets(self) -> None:
        """Make a dialog that Alice is not in, and one of another tenant."""
        people = [self.today["bob"], self.today["carol"]]
        secret = await self._dialog(self.api.tenant, people, {"title": "secret"})
        message = await self._message(self.api.tenant, secret, people[0], "top secret")
        self.today["dlg_ybo4b6ye7ywrqk7o4nb6"] = secret
        self.today["msg_n7y6sck4dyaszn4pt61l"] = message
        if self.api.second_tenant:
            tenant, alice = self.api.second_tenant, self.today["alice"]
            dialog = await self._dialog(tenant, [], {})
            await self._message(tenant, dialog, alice, "other tenant msg")
            self.today["dlg_y6pzu3e3un8jyfplo7dd"] = dialog

    async def _unmute(self) -> None:
        """Take back what meta_put_member said of Alice."""
        member = self.translated("dlg_ydilh8cuh0grd04mctjy:alice")
        await self.api.call("PUT", f"/api/meta/dialogMember/{member}/muted", {"value": False})

    async def _dialog(self, tenant: str, members: list[str], meta: dict[str, Any]) -> str:
        body = {"members": [{"userId": member} for member in members], "meta": meta}
        reply = await self.api.call("POST", "/api/dialogs", body, tenant=tenant)
        return str(reply.json["data"]["dialogId"])

    async def _message(self, tenant: str, dialog: str, sender: str, content: str) -> str:
        path, body = f"/api/dialogs/{dialog}/messages", {"senderId": sender, "content": content}
        reply = await self.api.call("POST", path, body, tenant=tenant)
        return str(reply.json["data"]["messageId"])


def load(name: str) -> Any:
    """Return a recording."""
    return msgspec.json.decode((RECORDED / f"{name}.json").read_bytes())


def _comparable(reply: Reply, recording: Any) -> Any:
    if "_nonjson" in recording["response"]:
        kind = recording["response"]["_contentType"]
        return {"_nonjson": reply.text, "_contentType": kind and reply.headers["Content-Type"]}
    return reply.json
