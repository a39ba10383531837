/**
 * The merge rules of docs/guarantees.md: a picture and an update give the picture after it, and what
 * must be read because the update does not carry it.
 */

import { create } from "@bufbuild/protobuf";
import type { PartialDialog, PartialMember } from "../gen/chat3/user/v1/dialog_updates_pb.js";
import type { PartialMessage } from "../gen/chat3/user/v1/message_updates_pb.js";
import { type PartialPack, PartialPackSchema } from "../gen/chat3/user/v1/pack_updates_pb.js";
import type { Update } from "../gen/chat3/user/v1/update_pb.js";
import { type UserInfo, UserInfoSchema, type UserStats } from "../gen/chat3/user/v1/user_pb.js";
import type { PartialUser } from "../gen/chat3/user/v1/user_updates_pb.js";

import { changed, created, reacted, statusChanged } from "./merge_messages.js";
import { taken, takenTogether } from "./partial.js";
import { messageIn, type Picture, withDialog } from "./picture.js";

/** Something to read again: a dialog, its shown messages, or one message. */
export type Read =
  | { readonly what: "dialog"; readonly dialogId: string }
  | { readonly what: "messages"; readonly dialogId: string }
  | { readonly what: "message"; readonly dialogId: string; readonly messageId: string };

export interface Merged {
  readonly picture: Picture;
  readonly reads: readonly Read[];
}

export function merge(picture: Picture, update: Update): Merged {
  const { payload } = update;
  const partial =
    payload.case === undefined || payload.case === "unknown" ? undefined : dialogOf(payload.value);
  if (partial === undefined || payload.case === "dialogDeleted") return rule(picture, update);
  if (!picture.dialogs.has(partial.dialogId)) {
    const after = rule(picture, update);
    return { ...after, reads: [dialog(partial.dialogId), ...messages(partial), ...after.reads] };
  }
  return rule(withPartialDialog(picture, partial), update);
}

function rule(picture: Picture, update: Update): Merged {
  const { payload } = update;
  switch (payload.case) {
    case "messageCreated":
      return created(picture, payload.value, update.createTime);
    case "messageDeleted":
      return deleted(picture, payload.value.message);
    case "messageEdited":
    case "messageMetaChanged":
    case "messageTopicChanged":
      return changed(picture, payload.value.message);
    case "messageRestored":
      return restored(picture, payload.value.message);
    case "messageStatusChanged":
      return { picture: statusChanged(picture, payload.value), reads: [] };
    case "messageReactionGiven":
      return { picture: reacted(picture, payload.value, true), reads: [] };
    case "messageReactionTakenBack":
      return { picture: reacted(picture, payload.value, false), reads: [] };
    case "dialogDeleted":
      return { picture: withDialog(picture, payload.value.dialog?.dialogId ?? "", undefined), reads: [] };
    case "dialogRead": {
      const { dialog: read, member } = payload.value;
      return { picture: withOwnState(picture, read, member), reads: messages(read) };
    }
    case "dialogCountersChanged":
      return { picture: withOwnState(picture, payload.value.dialog, payload.value.member), reads: [] };
    case "memberAdded": {
      // What was written while the user was no member is in no update.
      const { dialog: joined, member } = payload.value;
      return {
        picture,
        reads: [...dialogs(joined), ...(member?.userId === picture.userId ? messages(joined) : [])],
      };
    }
    case "memberRemoved":
    case "topicCreated":
      return { picture, reads: dialogs(payload.value.dialog) };
    case "memberChanged": {
      // Of counters that came alone it is not known what else has changed.
      const { dialog: changedIn, member } = payload.value;
      const reads = changedIn?.meta === undefined ? dialogs(changedIn) : [];
      return { picture: withOwnState(picture, changedIn, member), reads };
    }
    case "userCreated":
    case "userChanged":
      return { picture: withProfile(picture, payload.value.user), reads: [] };
    case "userCountersChanged":
      return { picture: withStats(picture, payload.value.stats), reads: [] };
    case "packChanged":
      return { picture: withPack(picture, payload.value.pack), reads: [] };
    case "unknown":
    case undefined:
      return { picture, reads: named(update) };
    default: // Topics that change and typing: nothing of them is kept here.
      return { picture, reads: [] };
  }
}

function dialogOf(payload: object): PartialDialog | undefined {
  return "dialog" in payload ? (payload.dialog as PartialDialog | undefined) : undefined;
}

function withPartialDialog(picture: Picture, partial: PartialDialog): Picture {
  const known = picture.dialogs.get(partial.dialogId);
  if (known === undefined) return picture;
  const next = taken(known, partial, "createTime", "meta");
  return withDialog(
    picture,
    partial.dialogId,
    partial.meta === undefined ? next : takenTogether(next, partial, "title"),
  );
}

/** The receiving user's own state; what an update says of others is not kept. */
function withOwnState(
  picture: Picture,
  partial: PartialDialog | undefined,
  member: PartialMember | undefined,
): Picture {
  const known = partial && picture.dialogs.get(partial.dialogId);
  if (known?.membership === undefined || member?.userId !== picture.userId) return picture;
  const membership = taken(known.membership, member, "unreadCount", "lastSeenTime", "lastMessageTime");
  return withDialog(picture, known.dialogId, { ...known, membership });
}

function withPack(picture: Picture, pack: PartialPack | undefined): Picture {
  if (pack === undefined) return picture;
  const known = picture.packs.get(pack.packId) ?? create(PartialPackSchema, { packId: pack.packId });
  const next = taken(known, pack, "createTime", "meta");
  return { ...picture, packs: new Map(picture.packs).set(pack.packId, next) };
}

function withProfile(picture: Picture, user: PartialUser | undefined): Picture {
  if (user === undefined) return picture;
  const known: UserInfo = picture.profile ?? create(UserInfoSchema, { userId: user.userId });
  const next = taken(known, user, "type", "createTime", "meta");
  return { ...picture, profile: user.meta === undefined ? next : takenTogether(next, user, "displayName") };
}

function withStats(picture: Picture, stats: UserStats | undefined): Picture {
  const known = picture.stats?.statsVersion ?? 0n;
  return stats === undefined || (stats.statsVersion ?? 0n) < known ? picture : { ...picture, stats };
}

/** What a deleted message said is gone from the messages that quote it, too. */
function deleted(picture: Picture, message: PartialMessage | undefined): Merged {
  const after = changed(picture, message);
  return message ? { ...after, reads: [...after.reads, ...quoting(picture, message)] } : after;
}

/** Brought back: what the deletion took away is in no update. */
function restored(picture: Picture, message: PartialMessage | undefined): Merged {
  if (message === undefined) return { picture, reads: [] };
  const { dialogId, messageId } = message;
  const last = picture.dialogs.get(dialogId)?.lastMessage?.messageId === messageId;
  const shown = last || messageIn(picture, dialogId, messageId) !== undefined;
  const itself: Read[] = shown ? [{ what: "message", dialogId, messageId }] : [];
  return { picture, reads: [...itself, ...quoting(picture, message)] };
}

/** Messages that quote another: no update says that their quotes change. */
function quoting(picture: Picture, { dialogId, messageId }: PartialMessage): Read[] {
  const known = picture.histories.get(dialogId)?.messages ?? [];
  return known
    .filter(({ quotedMessage }) => quotedMessage?.messageId === messageId)
    .map((message) => ({ what: "message", dialogId, messageId: message.messageId }));
}

/** Of something unknown, what it is about is read again. */
function named({ dialogId, messageId }: Update): Read[] {
  if (dialogId === undefined) return [];
  return messageId === undefined ? [dialog(dialogId)] : [{ what: "message", dialogId, messageId }];
}

function dialog(dialogId: string): Read {
  return { what: "dialog", dialogId };
}

function dialogs(partial: PartialDialog | undefined): Read[] {
  return partial === undefined ? [] : [dialog(partial.dialogId)];
}

function messages(partial: PartialDialog | undefined): Read[] {
  return partial === undefined ? [] : [{ what: "messages", dialogId: partial.dialogId }];
}
