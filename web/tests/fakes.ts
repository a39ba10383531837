/** A clock that moves when a test says so, a storage in memory, and messages of the contract. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";

import type { Clock } from "../src/client/clock.js";
import { type Dialog, DialogSchema } from "../src/gen/chat3/user/v1/dialog_pb.js";
import { type Message, MessageSchema } from "../src/gen/chat3/user/v1/message_pb.js";
import { type Update, UpdateSchema } from "../src/gen/chat3/user/v1/update_pb.js";

export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers: { readonly at: number; readonly then: () => void }[] = [];
  chance = 0.5;

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, then: () => void): () => void {
    const timer = { at: this.#now + ms, then };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** When the next timer is due, in ms from now. */
  get wait(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ at }) => at)) - this.#now;
  }

  /** Lets time pass, timer by timer. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#now = next.at;
      this.#timers = this.#timers.filter((other) => other !== next);
      next.then();
      await settled();
    }
    this.#now = end;
  }
}

/** Lets everything that waits for nothing but promises go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class FakeStorage implements Storage {
  readonly #items = new Map<string, string>();

  get length(): number {
    return this.#items.size;
  }

  clear(): void {
    this.#items.clear();
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
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
