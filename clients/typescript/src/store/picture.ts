/** What one user sees: dialogs, and the histories of those that were opened. */
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";

import type { Dialog, DialogMembership, LastMessage } from "../gen/chat3/user/v1/dialog_pb.js";
import type { Message } from "../gen/chat3/user/v1/message_pb.js";
import type { PartialPack } from "../gen/chat3/user/v1/pack_updates_pb.js";
import type { UserInfo, UserStats } from "../gen/chat3/user/v1/user_pb.js";
import { taken, without } from "./partial.js";

export interface History {
  /** Oldest first, without a gap up to the newest. */
  readonly messages: readonly Message[];
  /** Continues with older messages; empty when there are none. */
  readonly olderToken: string;
}

export interface Picture {
  readonly userId: string;
  readonly dialogs: ReadonlyMap<string, Dialog>;
  /** Continues the list of dialogs; empty when all are known. */
  readonly moreDialogsToken: string;
  readonly histories: ReadonlyMap<string, History>;
  readonly profile?: UserInfo;
  readonly stats?: UserStats;
  /** The packs that updates told of. */
  readonly packs: ReadonlyMap<string, PartialPack>;
}

export function emptyPicture(userId: string): Picture {
  return { userId, dialogs: new Map(), moreDialogsToken: "", histories: new Map(), packs: new Map() };
}

/** Newest interaction first. */
export function dialogsInOrder(picture: Picture): readonly Dialog[] {
  return [...picture.dialogs.values()].sort(
    (a, b) => compareTimes(lastTime(b), lastTime(a)) || compareText(a.dialogId, b.dialogId),
  );
}

export function messageIn(picture: Picture, dialogId: string, messageId: string): Message | undefined {
  return picture.histories.get(dialogId)?.messages.find((message) => message.messageId === messageId);
}

/** Takes dialogs as a list returned them, instead of all that were known. */
export function withDialogs(picture: Picture, dialogs: readonly Dialog[], moreDialogsToken: string): Picture {
  return {
    ...picture,
    dialogs: new Map(dialogs.map((dialog) => [dialog.dialogId, dialog])),
    moreDialogsToken,
  };
}

/** Takes another page of the list. What moved to the top meanwhile can be on two pages. */
export function withMoreDialogs(
  picture: Picture,
  dialogs: readonly Dialog[],
  moreDialogsToken: string,
): Picture {
  const found = new Map([...dialogs.map((dialog) => [dialog.dialogId, dialog] as const), ...picture.dialogs]);
  return { ...picture, dialogs: found, moreDialogsToken };
}

/** Takes a dialog as it was read; without one, the user is no member of it any more. */
export function withDialog(picture: Picture, dialogId: string, dialog: Dialog | undefined): Picture {
  const dialogs = new Map(picture.dialogs);
  if (dialog !== undefined) return { ...picture, dialogs: dialogs.set(dialogId, dialog) };
  dialogs.delete(dialogId);
  return withoutHistory({ ...picture, dialogs }, dialogId);
}

export function withMembership(
  picture: Picture,
  dialogId: string,
  membership: DialogMembership | undefined,
): Picture {
  const dialog = picture.dialogs.get(dialogId);
  return dialog && membership ? withDialog(picture, dialogId, { ...dialog, membership }) : picture;
}

export function withoutHistory(picture: Picture, dialogId: string): Picture {
  const histories = new Map(picture.histories);
  histories.delete(dialogId);
  return { ...picture, histories };
}

/** Takes messages as they were read, instead of all of the dialog that were known. */
export function withHistory(
  picture: Picture,
  dialogId: string,
  messages: readonly Message[],
  olderToken: string,
): Picture {
  const history = { messages: [...messages].sort(compareMessages), olderToken };
  return shownLast(
    { ...picture, histories: new Map(picture.histories).set(dialogId, history) },
    history.messages.at(-1),
  );
}

/** Takes a page of older messages. */
export function withOlder(
  picture: Picture,
  dialogId: string,
  messages: readonly Message[],
  olderToken: string,
): Picture {
  const known = picture.histories.get(dialogId);
  if (known === undefined) return picture;
  const ids = new Set(known.messages.map((message) => message.messageId));
  const older = messages.filter((message) => !ids.has(message.messageId));
  const history = { messages: [...older, ...known.messages].sort(compareMessages), olderToken };
  return { ...picture, histories: new Map(picture.histories).set(dialogId, history) };
}

/** Takes one message as it was read or merged, whole, if its dialog's history is known. */
export function withMessage(picture: Picture, message: Message): Picture {
  const known = picture.histories.get(message.dialogId);
  if (known === undefined) return shownLast(picture, message);
  const others = known.messages.filter((other) => other.messageId !== message.messageId);
  const history = { ...known, messages: [...others, message].sort(compareMessages) };
  return shownLast(
    { ...picture, histories: new Map(picture.histories).set(message.dialogId, history) },
    message,
  );
}

/** The last message of a dialog shows what is known of it. */
function shownLast(picture: Picture, message: Message | undefined): Picture {
  const dialog = message && picture.dialogs.get(message.dialogId);
  const last = dialog?.lastMessage;
  if (message === undefined || dialog === undefined || last?.messageId !== message.messageId) return picture;
  return withDialog(picture, dialog.dialogId, { ...dialog, lastMessage: lastMessageOf(message, last) });
}

export function lastMessageOf(message: Message, known: LastMessage): LastMessage {
  const { content, senderId, type, deleted } = message;
  const next = { ...without(known, "deleteTime", "deletedBy"), content, senderId, type, deleted };
  return taken(next, message, "sender", "createTime", "deleteTime", "deletedBy");
}

export function compareMessages(a: Message, b: Message): number {
  return compareTimes(a.createTime, b.createTime) || compareText(a.messageId, b.messageId);
}

export function compareTimes(a: Timestamp | undefined, b: Timestamp | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return timestampMs(a) - timestampMs(b) || a.nanos - b.nanos;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** No update tells of an interaction; the newest message does. */
function lastTime(dialog: Dialog): Timestamp | undefined {
  const message = dialog.lastMessage?.createTime;
  return compareTimes(dialog.lastInteractionTime, message) < 0 ? message : dialog.lastInteractionTime;
}
