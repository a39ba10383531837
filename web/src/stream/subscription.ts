/**
 * A stream of updates that does not end: reconnects with jitter, resumes with the last token, treats
 * silence as failure, and gets a new user token when the old one was refused.
 */
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";

import { Backoff } from "../client/backoff.js";
import { type Clock, sleep } from "../client/clock.js";
import { type Failure, failureOf } from "../client/failures.js";
import type { SubscribeUpdatesResponse } from "../gen/chat3/user/v1/update_calls_pb.js";
import type { Update } from "../gen/chat3/user/v1/update_pb.js";
import {
  type ConnectionEstablished,
  type Gap,
  type ResumeOutcome,
  StreamState,
} from "../gen/chat3/user/v1/update_stream_pb.js";
import type { Bookmark } from "./bookmark.js";
import type { Connection } from "./connection.js";
import { Watchdog } from "./watchdog.js";

export const HEARTBEAT_SECONDS = 10;
const PATIENCE_TO_OPEN_MS = 20_000;
const REASONS_OF_THE_TOKEN = ["ERROR_REASON_RESUME_TOKEN_INVALID", "ERROR_REASON_RESUME_TOKEN_FOREIGN"];

export type OpenStream = (
  resumeToken: string,
  signal: AbortSignal,
) => AsyncIterable<SubscribeUpdatesResponse>;

export interface Listener {
  connection(now: Connection): void;
  established(outcome: ResumeOutcome): void;
  update(update: Update): void;
  gap(gap: Gap): void;
}

export class Subscription {
  #asleep: AbortController | undefined;
  readonly #backoff: Backoff;
  #live: Extract<Connection, { phase: "live" }> | undefined;
  #refusals = 0;

  constructor(
    private readonly open: OpenStream,
    private readonly bookmark: Bookmark,
    private readonly listener: Listener,
    private readonly clock: Clock,
  ) {
    this.#backoff = new Backoff(clock);
  }

  /** Keeps a stream open until `signal` is aborted, or a failure that no repetition mends. */
  async run(signal: AbortSignal): Promise<void> {
    this.listener.connection({ phase: "connecting" });
    while (!signal.aborted) {
      const failure = await this.#once(signal);
      this.#live = undefined;
      if (signal.aborted) return;
      if (!this.#canRepeat(failure)) {
        this.listener.connection({ phase: "ended", why: failure.text });
        return;
      }
      this.listener.connection({ phase: "reconnecting", why: failure.text });
      this.#asleep = new AbortController();
      const waking = AbortSignal.any([signal, this.#asleep.signal]);
      await sleep(this.clock, this.#backoff.next(failure.retryAfter), waking);
    }
  }

  /** Ends a wait: the network is back, or somebody asks for it. */
  wake(): void {
    this.#asleep?.abort();
  }

  /** One stream from its opening to its end, which is always a failure. */
  async #once(signal: AbortSignal): Promise<Failure> {
    const silence = new AbortController();
    const watchdog = new Watchdog(this.clock, PATIENCE_TO_OPEN_MS, () => silence.abort());
    try {
      const responses = this.open(this.bookmark.read(), AbortSignal.any([signal, silence.signal]));
      for await (const response of responses) {
        const established =
          response.event.case === "connectionEstablished" ? response.event.value : undefined;
        watchdog.heard(established && patience(established));
        this.#backoff.reset();
        this.#refusals = 0;
        this.#handle(response);
        // Only now: who breaks off before this gets the response again.
        this.bookmark.write(response.resumeToken);
      }
      return lost("the stream ended");
    } catch (error) {
      return silence.signal.aborted && !signal.aborted ? lost("nothing was heard") : failureOf(error);
    } finally {
      watchdog.stop();
      // Leaving the loop does not end the call.
      silence.abort();
    }
  }

  #handle({ event }: SubscribeUpdatesResponse): void {
    switch (event.case) {
      case "connectionEstablished":
        this.#show({ phase: "live", outcome: event.value.resumeOutcome, degraded: false });
        this.listener.established(event.value.resumeOutcome);
        break;
      case "update":
        this.listener.update(event.value);
        break;
      case "gap":
        if (this.#live) this.#show({ ...this.#live, gap: event.value.reason });
        this.listener.gap(event.value);
        break;
      case "heartbeat":
        this.#flows(event.value.state !== StreamState.DEGRADED);
        break;
      default: // What a newer service sends is left to newer pages.
    }
  }

  #flows(flows: boolean): void {
    if (this.#live && this.#live.degraded === flows) this.#show({ ...this.#live, degraded: !flows });
  }

  #show(live: Extract<Connection, { phase: "live" }>): void {
    this.#live = live;
    this.listener.connection(live);
  }

  #canRepeat(failure: Failure): boolean {
    if (failure.transient) return true;
    if (REASONS_OF_THE_TOKEN.includes(failure.reason)) {
      // Without a token the stream begins now, and what is shown is read anew.
      this.bookmark.write("");
      return true;
    }
    // An expired user token is replaced at the next attempt; a fresh one that is refused stays so.
    this.#refusals += 1;
    return failure.code === Code.Unauthenticated && this.#refusals < 2;
  }
}

function patience({ heartbeatInterval }: ConnectionEstablished): number {
  return 2 * (heartbeatInterval ? durationMs(heartbeatInterval) : 1000 * HEARTBEAT_SECONDS);
}

function lost(text: string): Failure {
  return { code: Code.Unavailable, reason: "", text, transient: true };
}
