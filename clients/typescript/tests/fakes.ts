/** A storage in memory, and messages of the contract. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";

import { type Dialog, DialogSchema } from "../src/gen/chat3/user/v1/dialog_pb.js";
import { type Message, MessageSchema } from "../src/gen/chat3/user/v1/message_pb.js";
import { type Update, UpdateSchema } from "../src/gen/chat3/user/v1/update_pb.js";

export class FakeStorage {
  readonly #items = new Map<string, string>();

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
}

export const DIALOG = "dlg_aaaaaaaaaaaaaaaaaaaa";

export function at(minute: number) {
  return { seconds: BigInt(1_700_000_000 + 60 * minute), nanos: 0 };
}

export function dialog(init: Omit<MessageInitShape<typeof DialogSchema>, "$typeName"> = {}): Dialog {
  return create(DialogSchema, {
    dialogId: DIALOG,
    title: "Old",
    memberCount: 2,
    meta: { title: "Old" },
    membership: { userId: "alice", unreadCount: 0 },
    ...init,
  });
}

export function message(
  place: number,
  init: Omit<MessageInitShape<typeof MessageSchema>, "$typeName"> = {},
): Message {
  const messageId = `msg_${String(place).padStart(20, "0")}`;
  const defaults = {
    messageId,
    dialogId: DIALOG,
    senderId: "bob",
    type: "internal.text",
    createTime: at(place),
  };
  return create(MessageSchema, { ...defaults, content: `text ${place}`, meta: {}, ...init });
}

export function update(
  payload: NonNullable<MessageInitShape<typeof UpdateSchema>["payload"]>,
  minute = 99,
): Update {
  return create(UpdateSchema, { createTime: at(minute), userId: "alice", payload });
}

export function ids(messages: readonly Message[]): number[] {
  return messages.map(({ messageId }) => Number(messageId.slice(4)));
}
