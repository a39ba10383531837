import { noWakeups, type Wakeups } from "../stream/wakeups.js";
import { Backoff } from "./backoff.js";
import { type Clock, sleep, systemClock } from "./clock.js";
import { aborted, Chat3Error } from "./errors.js";

export interface RetryOptions {
  /** For how many ms after the beginning a next attempt may start. 0: there is one attempt. */
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** What ends a wait early, unless the service has asked for it: the network is back. */
  readonly wakeups?: Wakeups | undefined;
  /** Told of each attempt that is repeated. */
  readonly failed?: ((failure: Chat3Error, delayMs: number) => void) | undefined;
}

/**
 * Calls until it succeeds, fails for good, or the time is over; throws a `Chat3Error`, whose code is
 * `Canceled` when `signal` is aborted. Only for calls that can be repeated: reads, and mutations whose
 * idempotency key is the same in every attempt.
 */
export async function withRetries<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { forMs, signal, clock = systemClock, wakeups = noWakeups, failed } = options;
  const backoff = new Backoff(clock);
  const end = clock.elapsed() + forMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const failure = Chat3Error.from(error);
      if (!failure.transient) throw failure;
      if (signal?.aborted) throw aborted(signal, failure.idempotencyKey);
      const delay = backoff.next(failure.retryDelayMs);
      if (clock.elapsed() + delay > end) throw failure;
      failed?.(failure, delay);
      await sleep(clock, delay, signal, failure.retryDelayMs === undefined ? wakeups : noWakeups);
      if (signal?.aborted) throw aborted(signal, failure.idempotencyKey);
    }
  }
}
