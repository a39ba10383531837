/**
 * Messages that are on their way. Each has one idempotency key for all its attempts, and is kept until
 * the service has answered: also while the service is away or the tab reloads. A message that was
 * written is never written twice.
 */
import { Chat3Error, newKey, Observable } from "@chat3/client/web";

export interface Outgoing {
  /** The idempotency key; also the message's `client_id` in its custom data. */
  readonly key: string;
  readonly dialogId: string;
  readonly text: string;
  /** Why the service refused it; absent while it is being sent. */
  readonly failure?: string;
}

export type Deliver = (outgoing: Outgoing) => Promise<void>;

const STORED = "chat3.outbox.";

export class Outbox {
  readonly items: Observable<readonly Outgoing[]>;
  readonly #busy = new Set<string>();

  constructor(
    private readonly deliver: Deliver,
    private readonly signal: AbortSignal,
    storage: Storage,
    userId: string,
  ) {
    this.items = new Observable(stored(storage, userId));
    this.items.subscribe((items) => storage.setItem(STORED + userId, JSON.stringify(items)));
  }

  /** Goes on with what was left when the tab was closed or reloaded. */
  resume(): void {
    for (const { dialogId } of this.items.value) void this.#run(dialogId);
  }

  send(dialogId: string, text: string): void {
    this.items.change((items) => [...items, { key: newKey(), dialogId, text }]);
    void this.#run(dialogId);
  }

  /** Tries a refused message again, under the key that it has. */
  retry(key: string): void {
    const item = this.items.value.find((other) => other.key === key);
    if (item === undefined) return;
    const { failure: _, ...again } = item;
    this.#replace(key, again);
    void this.#run(item.dialogId);
  }

  discard(key: string): void {
    this.#replace(key);
  }

  /** The messages of one dialog are sent one after the other, in their order. */
  async #run(dialogId: string): Promise<void> {
    if (this.#busy.has(dialogId)) return;
    this.#busy.add(dialogId);
    try {
      for (;;) {
        const next = this.items.value.find(
          (item) => item.dialogId === dialogId && item.failure === undefined,
        );
        if (next === undefined || this.signal.aborted) return;
        await this.#attempt(next);
      }
    } finally {
      this.#busy.delete(dialogId);
    }
  }

  async #attempt(item: Outgoing): Promise<void> {
    try {
      await this.deliver(item);
      this.#replace(item.key);
    } catch (error) {
      if (!this.signal.aborted)
        this.#replace(item.key, { ...item, failure: Chat3Error.from(error).describe() });
    }
  }

  #replace(key: string, ...by: Outgoing[]): void {
    this.items.change((items) => items.flatMap((item) => (item.key === key ? by : [item])));
  }
}

function stored(storage: Storage, userId: string): readonly Outgoing[] {
  return JSON.parse(storage.getItem(STORED + userId) ?? "[]") as Outgoing[];
}
