/** Messages of the contract in the shapes that the platform's own client returned. */
import { type JsonObject, toJson } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";

import type { Dialog, LastMessage } from "../gen/chat3/user/v1/dialog_pb.js";
import { type Message, MessageStatus } from "../gen/chat3/user/v1/message_pb.js";
import { type Update, UpdateSchema } from "../gen/chat3/user/v1/update_pb.js";
import { type Gap, GapReason, ReloadTarget, ResumeOutcome } from "../gen/chat3/user/v1/update_stream_pb.js";
import type { UserInfo } from "../gen/chat3/user/v1/user_pb.js";
import type { Connected } from "../stream/update_stream.js";

/** Unix milliseconds with a fraction; 0 where there is no time. */
export function millis(time: Timestamp | undefined): number {
  return time ? Number(time.seconds) * 1000 + time.nanos / 1e6 : 0;
}

export interface LegacySender {
  user_id: string;
  name: string;
  created_at: number;
  meta: JsonObject;
}

export interface LegacyMessage {
  message_id: string;
  dialog_id: string;
  sender_id: string;
  type: string;
  content: string;
  meta: JsonObject;
  sender_info: LegacySender | null;
  created_at: number;
  topic_id: string;
  deleted: boolean;
  deleted_at: number;
  deleted_by: string;
  edited: boolean;
  edited_at: number;
  edited_by: string;
  /** How many members have each status: `read`, `delivered`, `unread`. */
  status_counts: { status: string; count: number }[];
  /** How many members gave each reaction, and whether the user did. */
  reactions: { reaction: string; count: number; mine: boolean }[];
}

export interface LegacyDialog {
  dialog_id: string;
  tenant_id: string;
  name: string;
  created_at: number;
  updated_at: number;
  meta: JsonObject;
  member: {
    user_id: string;
    state: { unread_count: number; last_seen_at: number; last_message_at: number; joined_at: number };
  };
  last_message: LegacyMessage | null;
  members_count: number;
  stats: { member_count: number; message_count: number; topic_count: number };
}

export interface LegacyUpdate {
  update_id: string;
  tenant_id: string;
  user_id: string;
  entity_id: string;
  event_id: string;
  source_event_type: string;
  /** As the first versions called `source_event_type`. */
  event_type: string;
  update_type: string;
  data: JsonObject;
  created_at: number;
}

export function legacyMessage(message: Message): LegacyMessage {
  return {
    ...partOfMessage(message),
    meta: message.meta ?? {},
    topic_id: message.topicId ?? "",
    edited: message.edited,
    edited_at: millis(message.editTime),
    edited_by: message.editedBy ?? "",
    status_counts: message.statusCounts.map(({ status, statusName, count }) => ({
      status: statusName || (MessageStatus[status] ?? "").toLowerCase(),
      count,
    })),
    reactions: message.reactions.map(({ reaction, count, mine }) => ({ reaction, count, mine })),
  };
}

export function legacyDialog(dialog: Dialog, tenant: string): LegacyDialog {
  const { membership, lastMessage, stats, memberCount } = dialog;
  return {
    dialog_id: dialog.dialogId,
    tenant_id: tenant,
    name: nameOf(dialog.title, dialog.meta),
    created_at: millis(dialog.createTime),
    updated_at: millis(dialog.lastInteractionTime),
    meta: dialog.meta ?? {},
    member: {
      user_id: membership?.userId ?? "",
      state: {
        unread_count: membership?.unreadCount ?? 0,
        last_seen_at: millis(membership?.lastSeenTime),
        last_message_at: millis(membership?.lastMessageTime),
        joined_at: millis(membership?.joinTime),
      },
    },
    last_message: lastMessage ? legacyLastMessage(lastMessage) : null,
    members_count: memberCount,
    stats: {
      member_count: memberCount,
      message_count: stats?.messageCount ?? 0,
      topic_count: stats?.topicCount ?? 0,
    },
  };
}

export function legacyUpdate(update: Update, tenant: string): LegacyUpdate {
  const { updateId, eventId, userId, messageId, dialogId, source, payload, createTime } = update;
  const json = toJson(UpdateSchema, update, { useProtoFieldName: true }) as JsonObject;
  const name = (payload.case ?? "unknown").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return envelope({
    update_id: updateId,
    tenant_id: tenant,
    user_id: userId,
    entity_id: messageId ?? dialogId ?? userId,
    event_id: eventId,
    source_event_type: source?.eventType ?? "",
    update_type: source?.updateType ?? "",
    data: (json[name] ?? {}) as JsonObject,
    created_at: millis(createTime),
  });
}

interface About {
  readonly user_id: string;
  readonly tenant_id: string;
}

/**
 * What begins a stream, as the platform's own gateway sent it; here it comes again after each
 * reconnection, and `outcome` says whether anything is missing.
 */
export function legacyConnection({ connectionId, outcome }: Connected, about: About): LegacyUpdate {
  const data = { conn_id: connectionId, scope: "user", outcome: ResumeOutcome[outcome] ?? "" };
  return envelope({ ...UNTOLD, ...about, source_event_type: "connection.established", data });
}

/** Updates may be missing: the platform's own gateway never said so. */
export function legacyGap({ reason, reload }: Gap, about: About): LegacyUpdate {
  const targets = reload.map((target) => ReloadTarget[target] ?? "");
  const data = { reason: GapReason[reason] ?? "", reload: targets };
  return envelope({ ...UNTOLD, ...about, source_event_type: "connection.gap", data });
}

const UNTOLD = { update_id: "", entity_id: "", event_id: "", update_type: "", created_at: 0 };

function envelope(update: Omit<LegacyUpdate, "event_type">): LegacyUpdate {
  return { ...update, event_type: update.source_event_type };
}

function legacyLastMessage(message: LastMessage): LegacyMessage {
  const unknown = { meta: {}, topic_id: "", edited: false, edited_at: 0, edited_by: "" };
  return { ...partOfMessage(message), ...unknown, status_counts: [], reactions: [] };
}

function partOfMessage(message: Message | LastMessage) {
  return {
    message_id: message.messageId,
    dialog_id: message.dialogId,
    sender_id: message.senderId,
    type: message.type,
    content: message.content,
    sender_info: message.sender ? legacySender(message.sender) : null,
    created_at: millis(message.createTime),
    deleted: message.deleted,
    deleted_at: millis(message.deleteTime),
    deleted_by: message.deletedBy ?? "",
  };
}

function legacySender({ userId, displayName, createTime, meta = {} }: UserInfo): LegacySender {
  return { user_id: userId, name: nameOf(displayName, meta), created_at: millis(createTime), meta };
}

/** The platform's own gateway keeps names in `meta.name`. */
function nameOf(name: string | undefined, meta: JsonObject | undefined): string {
  const other = meta?.name;
  return name ?? (typeof other === "string" ? other : "");
}
