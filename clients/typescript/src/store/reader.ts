/** Reads what a store keeps: one call at a time for one thing, again when it changed since. */
export class Reader {
  /** What is being read; true when it is wanted once more, because it changed since the call began. */
  readonly #reading = new Map<string, boolean>();

  readonly #runs = new Set<Promise<void>>();

  constructor(
    private readonly signal: AbortSignal,
    /** Told of what cannot be read, with the failure that no repetition changes. */
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Has `read` called from its beginning, now or after the call that is on its way. */
  want(key: string, read: () => Promise<void>): void {
    const busy = this.#reading.has(key);
    this.#reading.set(key, busy);
    if (busy) return;
    const run = this.#run(key, read).finally(() => this.#runs.delete(run));
    this.#runs.add(run);
  }

  /** Has `read` called, unless it is on its way. */
  once(key: string, read: () => Promise<void>): void {
    if (!this.#reading.has(key)) this.want(key, read);
  }

  /** Waits until nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all(this.#runs);
  }

  async #run(key: string, read: () => Promise<void>): Promise<void> {
    try {
      do {
        this.#reading.set(key, false);
        await read();
      } while (this.#reading.get(key) && !this.signal.aborted);
    } catch (error) {
      if (!this.signal.aborted) this.failed(error);
    } finally {
      this.#reading.delete(key);
    }
  }
}
