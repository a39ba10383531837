import type { Clock } from "../client/clock.js";

/** Calls `bite` when a wait lasts too long. */
export class Watchdog {
  #cancel: () => void = () => undefined;
  #due = Number.POSITIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly bite: () => void,
  ) {}

  /** Watches from now on, for `patienceMs`. */
  watch(patienceMs: number): void {
    this.#cancel();
    this.#due = this.clock.now() + patienceMs;
    this.#cancel = this.clock.after(patienceMs, this.bite);
  }

  rest(): void {
    this.#cancel();
    this.#due = Number.POSITIVE_INFINITY;
  }

  /** Timers stand still while a machine sleeps; the time of day does not. */
  look(): void {
    if (this.clock.now() > this.#due) this.bite();
  }
}
