import { noWakeups, type Wakeups } from "../stream/wakeups.js";

/** Time and chance, as everything that waits takes them: a test brings its own. */
export interface Clock {
  /** Milliseconds since 1970: for what others have dated. Somebody can set it, and a machine can sleep. */
  now(): number;
  /** Milliseconds since some moment, which nobody can set: for how long something takes. */
  elapsed(): number;
  /** A number from 0 up to, not including, 1. */
  random(): number;
  /** Calls `then` after `ms`; the function returned takes that back. */
  after(ms: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/** Waits; returns early, without an error, when `signal` is aborted, or when something wakes it. */
export function sleep(
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
  wakeups: Wakeups = noWakeups,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      rest();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    const rest = wakeups(done);
    signal?.addEventListener("abort", done);
  });
}

/** Waits for `promise`, but no longer than until `signal` is aborted: then it rejects with its reason. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
