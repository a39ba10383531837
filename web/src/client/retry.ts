import { Backoff } from "./backoff.js";
import { type Clock, sleep } from "./clock.js";
import { failureOf } from "./failures.js";

/**
 * Calls until it succeeds, fails for good, or `signal` is aborted. Only for calls that can be
 * repeated: reads, and mutations whose idempotency key is the same in every attempt.
 */
export async function withRetries<T>(clock: Clock, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(clock);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const failure = failureOf(error);
      if (!failure.transient || signal.aborted) throw error;
      await sleep(clock, backoff.next(failure.retryAfter), signal);
      if (signal.aborted) throw error;
    }
  }
}
