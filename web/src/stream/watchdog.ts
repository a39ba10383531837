import type { Clock } from "../client/clock.js";

/** Calls `bite` once nothing was heard for too long. */
export class Watchdog {
  #cancel: () => void;
  #patience: number;

  constructor(
    private readonly clock: Clock,
    patienceMs: number,
    private readonly bite: () => void,
  ) {
    this.#patience = patienceMs;
    this.#cancel = clock.after(patienceMs, bite);
  }

  /** Something was heard; from now on the silence may last `patienceMs`. */
  heard(patienceMs: number = this.#patience): void {
    this.#patience = patienceMs;
    this.#cancel();
    this.#cancel = this.clock.after(patienceMs, this.bite);
  }

  stop(): void {
    this.#cancel();
  }
}
