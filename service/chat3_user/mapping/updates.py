"""Published updates: JSON to messages of the contract, once for all streams."""

import json
import logging
from typing import Any, Final

import msgspec

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import payloads, repeated
from chat3_user.mapping import update_models as m
from chat3_user.mapping.basics import time
from chat3_user.mapping.deletions import Deletions, without_deleted
from chat3_user.mapping.unmapped import joined, take_sections, take_unmapped
from chat3_user.times import to_microseconds
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.log.tokens import digest_of
from chat3_user.wire import builder, struct

log = logging.getLogger(__name__)

_Unfit = (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, RecursionError)
_SEEN_MAX: Final = 100
"""How many kinds of news from the platform are told in the log, each once."""

_build_update = builder(pb.Update)
_decode_update = msgspec.json.Decoder(m.PublishedUpdate).decode
_decode_opaque = msgspec.json.Decoder(m.OpaqueUpdate).decode


class UpdateDecoder:
    """Decodes published updates, and remembers which messages it has heard are deleted."""

    def __init__(self) -> None:
        self._deletions = Deletions()
        self._seen: set[tuple[str, ...]] = set()

    def decode(self, body: bytes) -> DecodedUpdate | None:
        """Decode a published update.

        One that does not fit what is known of its kind keeps its data as the platform sent it; one
        that has more than is known keeps what is not. `None`, after logging, only for a body that
        does not even say whom it is for.
        """
        unmapped: dict[str, Any] = {}
        problem: Exception | None = None
        try:
            try:
                published = _decode_update(body)
            except msgspec.DecodeError:
                document = _read(body)
                unmapped = take_unmapped(document)
                published = _decode_update(msgspec.json.encode(document))
            decoded = self._typed(published, body, unmapped)
            if decoded is not None:
                return decoded
        except _Unfit as error:
            problem = error
        return self._opaque(body, problem)

    def _typed(
        self, published: m.PublishedUpdate, body: bytes, unmapped: dict[str, Any]
    ) -> DecodedUpdate | None:
        """Decode an update that fits its models; ``unmapped`` was taken out of it before."""
        section = published.data.message
        deleted = None
        if section is not None:
            deleted = self._is_deleted(published, section)
            if not unmapped and not repeated.are_known(
                section.sender_info, section.status_message_matrix
            ):
                unmapped = take_unmapped(_read(body))
        found = payloads.payload(published, deleted=deleted)
        if found is None:
            return None
        kind, fields, sections, spare = found
        if spare:
            unmapped = joined(unmapped, take_sections(_read(body), sections))
        if unmapped:
            self._tell(published, unmapped)
            if deleted:
                unmapped.get("data", {}).pop("message", None)
            unmapped = self._without_deleted(published, unmapped)
            fields["unmapped"] = struct(unmapped)
        fields["context"] = payloads.context(published.data.context)
        dialog = published.data.dialog or published.data.context
        return _decoded(published, kind, dialog.dialog_id or "", fields)

    def _opaque(self, body: bytes, problem: Exception | None) -> DecodedUpdate | None:
        """Decode an update of an unknown kind, or one that does not fit its kind by ``problem``."""
        try:
            document = _read(body)
            opaque = msgspec.convert(document, m.OpaqueUpdate)
            fields = {"unknown": struct(self._without_deleted(opaque, opaque.data))}
            around = take_unmapped({**document, "data": {}})
            if around:
                fields["unmapped"] = struct(around)
            decoded = _decoded(opaque, pb.UpdateType.UNSPECIFIED, "", fields)
        except _Unfit as error:
            log.error(  # noqa: TRY400 - the trace says no more than the text
                "update cannot be addressed", extra={"bytes": len(body), "problem": str(error)}
            )
            return None
        if problem is not None:
            extra = {
                "event_id": opaque.event_id,
                "kind": opaque.update_type,
                "problem": str(problem),
            }
            log.warning("update does not fit its kind", extra=extra)
        return decoded

    def _is_deleted(self, published: m.PublishedUpdate, section: m.MessageSection) -> bool | None:
        made = published.created_at
        return self._deletions.judge(
            published.tenant_id,
            section.message_id,
            said=section.deleted,
            at=0 if section.deleted is None or made is None else to_microseconds(made),
        )

    def _without_deleted(self, envelope: m.Envelope, data: dict[str, Any]) -> dict[str, Any]:
        def is_deleted(message_id: str) -> bool:
            return bool(self._deletions.judge(envelope.tenant_id, message_id, said=None, at=0))

        shown: dict[str, Any] = without_deleted(data, is_deleted)
        return shown

    def _tell(self, envelope: m.Envelope, unmapped: dict[str, Any]) -> None:
        """Log once what the platform has begun to publish."""
        inside = unmapped.get("data", {})
        news = (
            envelope.update_type,
            envelope.source_event_type,
            *sorted(unmapped),
            *sorted(inside),
        )
        if news not in self._seen and len(self._seen) < _SEEN_MAX:
            self._seen.add(news)
            log.warning(
                "update has parts that the contract does not know",
                extra={"kind": news[0], "event": news[1], "parts": " ".join(news[2:])},
            )


def _read(body: bytes) -> Any:
    """Return JSON as plain values.

    The platform may cut a text between the two halves of a character; only Python's own decoder
    takes such a half.
    """
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        if b"\\u" not in body:
            raise
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return msgspec.json.decode(text.encode("utf-8", "replace"))


def _decoded(
    envelope: m.Envelope, kind: pb.UpdateType, dialog_id: str, fields: dict[str, Any]
) -> DecodedUpdate:
    # With the tenant and the user, this is what the platform knows an update by.
    update_id = f"{envelope.event_id}:{envelope.update_type}:{envelope.entity_id}"
    update = _build_update(
        update_id=update_id,
        event_id=envelope.event_id,
        type=kind,
        source_event_type=envelope.source_event_type,
        source_update_type=envelope.update_type,
        user_id=envelope.user_id,
        entity_id=envelope.entity_id,
        create_time=time(envelope.created_at),
        **fields,
    )
    return DecodedUpdate(
        tenant_id=envelope.tenant_id,
        user_id=envelope.user_id,
        digest=digest_of(update_id),
        dialog_id=dialog_id,
        type=kind,
        update=update,
    )
