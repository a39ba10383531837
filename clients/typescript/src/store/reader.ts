import { tell } from "../client/callbacks.js";

interface Reading {
  /** It is wanted once more, because it changed since the call began. */
  again: boolean;
  done: Promise<void>;
}

// Who has many dialogs must not be taken for a flood.
const AT_ONCE = 8;

/**
 * Reads what a store keeps: one call at a time for one thing, again when it changed since, and few things
 * at once.
 */
export class Reader {
  readonly #readings = new Map<string, Reading>();
  /** What could not be read, until it is. */
  readonly #missing = new Map<string, unknown>();
  #free = AT_ONCE;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly signal: AbortSignal,
    /** Told of what cannot be read, with the failure that no repetition changes. */
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Has `read` called from its beginning, now or after the call that is on its way. Never rejects. */
  want(key: string, read: () => Promise<void>): Promise<void> {
    const busy = this.#readings.get(key);
    if (busy !== undefined) {
      busy.again = true;
      return busy.done;
    }
    const reading: Reading = { again: false, done: Promise.resolve() };
    this.#readings.set(key, reading);
    reading.done = this.#run(key, reading, read);
    return reading.done;
  }

  /** Has `read` called, unless it is on its way. Never rejects. */
  once(key: string, read: () => Promise<void>): Promise<void> {
    return this.#readings.get(key)?.done ?? this.want(key, read);
  }

  /** Waits until nothing is on its way; rejects with the failure of what could not be read, if anything. */
  async idle(): Promise<void> {
    while (this.#readings.size > 0) await Promise.all([...this.#readings.values()].map(({ done }) => done));
    for (const error of this.#missing.values()) throw error;
  }

  async #turn(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }

  async #run(key: string, reading: Reading, read: () => Promise<void>): Promise<void> {
    try {
      do {
        await this.#turn();
        reading.again = false;
        await read().finally(() => this.#next());
        this.#missing.delete(key);
      } while (reading.again && !this.signal.aborted);
    } catch (error) {
      if (this.signal.aborted) return;
      this.#missing.set(key, error);
      tell(() => this.failed(error));
    } finally {
      this.#readings.delete(key);
    }
  }
}
