"""Published updates: JSON to messages of the contract, once for all streams."""

import logging
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from chat3_api.chat3.user.v1 import Update, UpdateKind, UpdateSource
from chat3_user.mapping import repeated
from chat3_user.mapping import update_models as m
from chat3_user.mapping.basics import time
from chat3_user.mapping.deletions import Deletions, shown_json
from chat3_user.mapping.payloads import FRONT, PAYLOADS
from chat3_user.mapping.spare_parts import Place, place_in, place_of, spare_parts
from chat3_user.mapping.unmapped import joined, read_json, take_unmapped
from chat3_user.mapping.update_kinds import kind_of
from chat3_user.mapping.update_labels import labels_of
from chat3_user.times import to_microseconds
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.log.tokens import digest_of
from chat3_user.wire import builder, struct

log = logging.getLogger(__name__)

_Unfit = (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, RecursionError)
_SEEN_MAX: Final = 100
"""How many kinds of unknown data from the platform are logged, each once."""

_build_opaque = builder(Update, only=(*FRONT, "unknown"))
_build_source = builder(UpdateSource)
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
                document = read_json(body)
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
        data = published.data
        section = data.message
        labels = labels_of(published)
        kind = kind_of(published, labels)
        if section is not None:
            if self._is_deleted(published, section) and not section.deleted:
                section = replace(section, deleted=True)
                data = replace(data, message=section)
                published = replace(published, data=data)
            if not unmapped and not repeated.are_known(
                section.sender_info, section.status_message_matrix
            ):
                unmapped = take_unmapped(read_json(body))
        payload = PAYLOADS.get(kind)
        if payload is None:
            return None
        place = place_of(data, payload)
        spare = spare_parts(published, payload, place, body)
        if spare:
            unmapped = joined(unmapped, spare)
        if unmapped:
            self._tell(published, unmapped)
            if section is not None and section.deleted:
                unmapped.get("data", {}).pop("message", None)
            unmapped = self._shown(published, unmapped)
        return _decoded(
            published,
            kind,
            place,
            payload.build,
            updated_fields=labels.masks[payload.thing],
            source=labels.source_of(published.entity_id, data.context.entity_id),
            unmapped=struct(unmapped or None),
            **{payload.field: payload.make(published, labels.fields)},
        )

    def _opaque(self, body: bytes, problem: Exception | None) -> DecodedUpdate | None:
        """Decode an update of an unknown kind, or one that does not fit its kind by ``problem``."""
        try:
            document = read_json(body)
            opaque = msgspec.convert(document, m.OpaqueUpdate)
            fields = {
                "unknown": struct(self._shown(opaque, opaque.data)),
                "source": _build_source(
                    event_type=opaque.source_event_type,
                    update_type=opaque.update_type,
                    entity_id=opaque.entity_id,
                ),
            }
            around = take_unmapped({**document, "data": {}})
            if around:
                fields["unmapped"] = struct(self._shown(opaque, around))
            place = place_in(opaque.data)
            decoded = _decoded(opaque, UpdateKind.UNSPECIFIED, place, _build_opaque, **fields)
        except _Unfit as error:
            log.error(  # noqa: TRY400 - the trace says no more than the text
                "update cannot be addressed", extra={"bytes": len(body), "problem": error}
            )
            return None
        if problem is not None:
            extra = {
                "event_id": opaque.event_id,
                "kind": opaque.update_type,
                "problem": problem,
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

    def _shown(self, envelope: m.Envelope, data: dict[str, Any]) -> dict[str, Any]:
        def is_deleted(message_id: str) -> bool:
            return bool(self._deletions.judge(envelope.tenant_id, message_id, said=None, at=0))

        shown: dict[str, Any] = shown_json(data, is_deleted)
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


def _decoded(
    envelope: m.Envelope,
    kind: UpdateKind,
    place: Place,
    build: Callable[..., Update],
    **fields: Any,
) -> DecodedUpdate:
    # With the tenant and the user, this is what the platform knows an update by.
    update_id = f"{envelope.event_id}:{envelope.update_type}:{envelope.entity_id}"
    update = build(
        update_id=update_id,
        event_id=envelope.event_id,
        kind=kind,
        user_id=envelope.user_id,
        dialog_id=place.dialog_id,
        message_id=place.message_id,
        create_time=time(envelope.created_at),
        **fields,
    )
    return DecodedUpdate(
        tenant_id=envelope.tenant_id,
        user_id=envelope.user_id,
        digest=digest_of(update_id),
        dialog_id=place.dialog_id or "",
        kind=kind,
        update=update,
        made_at=0.0 if envelope.created_at is None else to_microseconds(envelope.created_at) / 1e6,
    )
