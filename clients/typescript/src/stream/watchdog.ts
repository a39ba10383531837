import type { Clock } from "../client/clock.js";

/** Calls `bite` when a wait lasts too long. */
export class Watchdog {
  #cancel: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly bite: () => void,
  ) {}

  /** Watches from now on, for `patienceMs`. */
  watch(patienceMs: number): void {
    this.#cancel();
    this.#cancel = this.clock.after(patienceMs, this.bite);
  }

  rest(): void {
    this.#cancel();
  }
}
