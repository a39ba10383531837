/** Which messages to mark as read when a dialog is looked at. */
import type { Message } from "../gen/chat3/user/v1/message_pb.js";
import type { Picture } from "../store/picture.js";

const MARKED_ONE_BY_ONE = 20;

export type Marks = { readonly messages: readonly Message[]; readonly whole: boolean };

/**
 * The newest messages of others, as many as are unread: marked one by one, their senders see it. Where
 * there are more of them than that, or than are shown, the whole dialog is marked, which senders do
 * not see.
 */
export function marksFor(picture: Picture, dialogId: string, marked: ReadonlySet<string>): Marks {
  const unread = picture.dialogs.get(dialogId)?.membership?.unreadCount ?? 0;
  const history = picture.histories.get(dialogId);
  if (unread === 0 || history === undefined) return { messages: [], whole: false };
  const others = history.messages.filter((message) => !message.mine);
  if (unread > MARKED_ONE_BY_ONE || unread > others.length) return { messages: [], whole: true };
  return { messages: others.slice(-unread).filter(({ messageId }) => !marked.has(messageId)), whole: false };
}
