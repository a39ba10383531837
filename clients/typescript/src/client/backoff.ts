import type { Clock } from "./clock.js";

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** How long to wait before the next attempt: longer each time, with jitter from the first one on. */
export class Backoff {
  #failures = 0;

  constructor(private readonly clock: Clock) {}

  /** The delay in ms before the next attempt; `wanted` is what the service asked for. */
  next(wanted?: number): number {
    const ceiling = wanted ?? Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    // Clients that lost one server together must not come back together. A delay that the service
    // asked for is never cut short.
    const jitter = this.clock.random() / 2;
    return ceiling * (wanted === undefined ? 0.5 + jitter : 1 + jitter);
  }

  /** Something was heard: the next failure is a first one. */
  reset(): void {
    this.#failures = 0;
  }

  get failures(): number {
    return this.#failures;
  }
}
