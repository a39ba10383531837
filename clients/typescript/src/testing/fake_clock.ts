import type { Clock } from "../client/clock.js";

/** A clock that moves when a test says so. */
export class FakeClock implements Clock {
  #elapsed = 0;
  #began = 1_000_000;
  #timers: { readonly at: number; readonly then: () => void }[] = [];
  chance = 0.5;

  now(): number {
    return this.#began + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, then: () => void): () => void {
    const timer = { at: this.#elapsed + ms, then };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** When the next timer is due, in ms from now. */
  get wait(): number | undefined {
    if (this.#timers.length === 0) return undefined;
    return Math.min(...this.#timers.map(({ at }) => at)) - this.#elapsed;
  }

  /** The machine slept, or somebody set its clock: `now` jumps, and no timer has noticed. */
  jump(ms: number): void {
    this.#began += ms;
  }

  /** Lets time pass, timer by timer. */
  async pass(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settled();
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#elapsed = next.at;
      this.#timers = this.#timers.filter((other) => other !== next);
      next.then();
      await settled();
    }
    this.#elapsed = end;
  }
}

/** Lets everything that waits for nothing but promises go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
