/** Dialogs and messages as an outcome shows them, and the names that stand for ids there. */
import { type Dialog, type Message, MessageStatus } from "@chat3/client";

const ID = /^(dlg|msg)_[a-z0-9]{20}$/;

/** Names and ids; what has no name is called by its title or text. */
export class Names {
  readonly bound: Record<string, string> = {};
  readonly #first = new Map<string, string>();
  readonly #labels = new Map<string, string>();

  bind(name: string | undefined, id: string): void {
    if (name === undefined) return;
    this.bound[name] = id;
    if (!this.#first.has(id)) this.#first.set(id, name);
  }

  /** What a step means: `$name` is an id, anything else itself. */
  idOf(text: string): string {
    return text.startsWith("$") ? (this.bound[text.slice(1)] ?? "") : text;
  }

  label(id: string, text: string): void {
    this.#labels.set(id, text);
  }

  /** Replaces ids by names, in a value and everything in it. */
  named(value: unknown): unknown {
    if (typeof value === "string") {
      return ID.test(value) ? (this.#first.get(value) ?? `?${this.#labels.get(value) ?? ""}`) : value;
    }
    if (Array.isArray(value)) return value.map((each) => this.named(each));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [this.named(key) as string, this.named(each)]),
    );
  }
}

export function messageShown(message: Message, names: Names) {
  const { messageId, senderId, content, meta = {}, edited, deleted, quotedMessage } = message;
  names.label(messageId, content);
  const statuses: Record<string, number> = {};
  for (const { status, count } of message.statusCounts) {
    const name = MessageStatus[status].toLowerCase();
    statuses[name] = (statuses[name] ?? 0) + count;
  }
  const reactions = message.reactions.map(({ reaction, count, mine }) => [reaction, { count, mine }]);
  return {
    sender: senderId,
    text: content,
    meta,
    edited,
    deleted,
    reactions: Object.fromEntries(reactions),
    statuses,
    quotes: quotedMessage?.messageId ?? null,
  };
}

export function dialogShown(dialog: Dialog, messages: readonly Message[], names: Names) {
  names.label(dialog.dialogId, dialog.title ?? "");
  return {
    title: dialog.title ?? null,
    meta: dialog.meta ?? {},
    members: dialog.memberCount,
    unread: dialog.membership?.unreadCount ?? 0,
    last: dialog.lastMessage?.messageId ?? null,
    messages: Object.fromEntries(
      messages.map((message) => [message.messageId, messageShown(message, names)]),
    ),
  };
}
