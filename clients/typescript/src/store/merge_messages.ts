/** The merge rules of messages: written, changed, given a status or a reaction. */
import { create } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";

import { LastMessageSchema } from "../gen/chat3/user/v1/dialog_pb.js";
import { type Message, MessageSchema, ReactionSchema } from "../gen/chat3/user/v1/message_pb.js";
import type {
  MessageCreated,
  MessageReactionGiven,
  MessageReactionTakenBack,
  MessageStatusChanged,
  PartialMessage,
} from "../gen/chat3/user/v1/message_updates_pb.js";
import { TopicSchema } from "../gen/chat3/user/v1/topic_pb.js";
import type { Merged, Read } from "./merge.js";
import { taken, takenTogether, without } from "./partial.js";
import { lastMessageOf, messageIn, type Picture, withDialog, withMessage } from "./picture.js";

/**
 * A new message is added; one that is known stays as it is. Either way it is its dialog's last. It is
 * read again: its time, its quote and its status counts are shown, and no update carries them.
 */
export function created(
  picture: Picture,
  { message: partial }: MessageCreated,
  time: Timestamp | undefined,
): Merged {
  if (partial === undefined) return { picture, reads: [] };
  const known = messageIn(picture, partial.dialogId, partial.messageId);
  const message = known ?? mergedInto(added(partial, time), partial);
  const after = withLastMessage(known ? picture : withMessage(picture, message), message);
  const shown = picture.histories.has(partial.dialogId);
  return { picture: after, reads: shown || partial.contentMayBeCut ? [readAgain(partial)] : [] };
}

/** Takes what an update carries of a message that is known. */
export function changed(picture: Picture, partial: PartialMessage | undefined): Merged {
  if (partial === undefined) return { picture, reads: [] };
  const known = messageIn(picture, partial.dialogId, partial.messageId);
  if (known === undefined) return { picture: lastChanged(picture, partial), reads: [] };
  const message = mergedInto(known, partial);
  const cut = partial.contentMayBeCut && !message.deleted;
  return { picture: withMessage(picture, message), reads: cut ? [readAgain(partial)] : [] };
}

export function statusChanged(picture: Picture, { message, statusCounts }: MessageStatusChanged): Picture {
  const known = message && messageIn(picture, message.dialogId, message.messageId);
  return known ? withMessage(picture, { ...known, statusCounts }) : picture;
}

export function reacted(
  picture: Picture,
  payload: MessageReactionGiven | MessageReactionTakenBack,
  given: boolean,
): Picture {
  const known = payload.message && messageIn(picture, payload.message.dialogId, payload.message.messageId);
  if (!known) return picture;
  const mine = new Set(known.reactions.filter((row) => row.mine).map((row) => row.reaction));
  if (payload.userId === picture.userId) {
    if (given) mine.add(payload.reaction);
    else mine.delete(payload.reaction);
  }
  const reactions = payload.reactions.map(({ reaction, count }) =>
    create(ReactionSchema, { reaction, count, mine: mine.has(reaction) }),
  );
  return withMessage(picture, { ...known, reactions });
}

function mergedInto(known: Message, partial: PartialMessage): Message {
  let next = taken(known, partial, "deleted", "deleteTime", "deletedBy", "sender");
  if (next.deleted) next = without({ ...next, content: "" }, "meta", "quotedMessage");
  else if (partial.contentMayBeCut) next = taken(next, partial, "meta");
  else next = taken(next, partial, "content", "meta");
  if (partial.edited !== undefined) next = takenTogether(next, partial, "edited", "editTime", "editedBy");
  return partial.topicId === undefined ? next : inTopic(next, partial);
}

function inTopic(known: Message, { dialogId, topicId, topic }: PartialMessage): Message {
  const next = without(known, "topicId", "topic");
  if (topicId) next.topicId = topicId;
  if (topic)
    next.topic = create(TopicSchema, {
      dialogId,
      topicId: topic.topicId,
      ...(topic.meta && { meta: topic.meta }),
    });
  return next;
}

/** What there is of a text that may be cut is shown until it is read whole. */
function added(partial: PartialMessage, time: Timestamp | undefined): Message {
  const { messageId, dialogId, senderId, type, mine, content = "" } = partial;
  return create(MessageSchema, {
    messageId,
    dialogId,
    senderId,
    type,
    mine,
    content,
    ...(time && { createTime: time }),
  });
}

function withLastMessage(picture: Picture, message: Message): Picture {
  const dialog = picture.dialogs.get(message.dialogId);
  if (dialog === undefined) return picture;
  const { messageId, dialogId } = message;
  const lastMessage = lastMessageOf(message, create(LastMessageSchema, { messageId, dialogId }));
  return withDialog(picture, dialogId, { ...dialog, lastMessage });
}

/** Of a message that was not read, the list shows what the update carries if it is the last one. */
function lastChanged(picture: Picture, partial: PartialMessage): Picture {
  const dialog = picture.dialogs.get(partial.dialogId);
  if (dialog?.lastMessage?.messageId !== partial.messageId) return picture;
  const taking = taken(dialog.lastMessage, partial, "deleted", "deleteTime", "deletedBy", "sender");
  const lastMessage = taking.deleted ? { ...taking, content: "" } : taken(taking, partial, "content");
  return withDialog(picture, partial.dialogId, { ...dialog, lastMessage });
}

function readAgain({ dialogId, messageId }: PartialMessage): Read {
  return { what: "message", dialogId, messageId };
}
