"""What updates carry of dialogs, members, topics, users and packs: a part of each, never all.

A field that is present replaces what a client knows. So what the platform leaves out because it is
empty is empty here, and only what it does not say is absent.
"""

from typing import TypeVar

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import repeated
from chat3_user.mapping import update_models as m
from chat3_user.mapping.basics import DISPLAY_NAME, open_meta, text_under, time
from chat3_user.wire import builder

T = TypeVar("T")

_build_member = builder(pb.PartialMember)
_build_topic = builder(pb.PartialTopic)
_build_user = builder(pb.PartialUser)
_build_pack = builder(pb.PartialPack)
_build_pack_stats = builder(pb.PackStats)


def present(section: T | None) -> T:
    """Return a section that an update of its kind has.

    Raises ``ValueError`` when it has not.
    """
    if section is None:
        raise ValueError("a section that its kind needs is absent")
    return section


def dialog(section: m.DialogSection | None) -> pb.PartialDialog | None:
    """Return what an update carries of a dialog."""
    return None if section is None else repeated.dialog(section)


def member(section: m.MemberSection, fields: tuple[str, ...] = ()) -> pb.PartialMember:
    """Return what an update carries of a member; ``fields`` are those that changed."""
    state, meta = section.state, section.meta
    if meta is None and fields == ("member.meta",):
        meta = {}
    return _build_member(
        user_id=section.user_id,
        unread_count=state.unread_count,
        last_seen_time=time(state.last_seen_at),
        last_message_time=time(state.last_message_at),
        meta=open_meta(meta),
    )


def topic(section: m.Topic | None, topic_id: str = "") -> pb.PartialTopic:
    """Return what an update carries of a topic: without its section the id alone."""
    if section is None:
        return _build_topic(topic_id=topic_id)
    return _build_topic(topic_id=section.topic_id, meta=open_meta(section.meta))


def user(section: m.UserSection, *, whole: bool) -> pb.PartialUser:
    """Return what an update carries of its user; a ``whole`` profile always has meta."""
    meta = section.meta
    if meta is None and whole:
        meta = {}
    return _build_user(
        user_id=section.user_id,
        type=section.type,
        create_time=time(section.created_at),
        meta=open_meta(meta),
        display_name=text_under(DISPLAY_NAME, meta),
    )


def pack(section: m.PackSection) -> pb.PartialPack:
    """Return what an update carries of a pack."""
    stats = section.stats
    return _build_pack(
        pack_id=section.pack_id,
        create_time=time(section.created_at),
        meta=open_meta(section.meta or {}),
        stats=None
        if stats is None
        else _build_pack_stats(
            dialog_count=stats.dialog_count,
            message_count=stats.message_count,
            unique_member_count=stats.unique_member_count,
            member_count=stats.sum_member_count,
            unique_topic_count=stats.unique_topic_count,
            topic_count=stats.sum_topic_count,
            update_time=time(stats.last_updated_at),
        ),
    )
