/**
 * A stream that does not end: it is opened again with jitter when it is lost, treats silence as failure,
 * and gets a new user token when the old one was refused. What comes on it is its `Source`'s.
 */
import { Backoff } from "../client/backoff.js";
import { tell } from "../client/callbacks.js";
import { type Clock, sleep, unlessAborted } from "../client/clock.js";
import { Chat3Error, connectionLost, SignInRequiredError } from "../client/errors.js";
import type { Logger } from "../client/logger.js";
import type { ConnectionState, Live } from "./connection.js";
import { endedBy } from "./ended_by.js";
import { noWakeups, type Wakeups } from "./wakeups.js";
import { Watchdog } from "./watchdog.js";

/**
 * The stream was lost, or could not be opened; the next one is opened after `retryInMs`, or when `reconnect`
 * is called.
 */
export interface Disconnected {
  readonly type: "disconnected";
  /** The name of the reason; empty when the connection was lost without one. */
  readonly reason: string;
  readonly error: Chat3Error;
  readonly retryInMs: number;
  /**
   * How many attempts in a row have failed, without a response in between: 1 after a stream on which something
   * had come. Whoever wants to give up leaves the loop when there are too many.
   */
  readonly failures: number;
}

/** What one response means. */
export interface Heard<Event> {
  /** What the reader gets of it. */
  readonly events: readonly Event[];
  /** On the first response: the longest silence that the service leaves, in ms. */
  readonly heartbeatMs?: number;
  /** The state of the connection after it, where it changes. */
  readonly live?: Live;
}

export interface Source<Response, Event> {
  open(signal: AbortSignal): AsyncIterable<Response> | Promise<AsyncIterable<Response>>;
  /** Reads a response; `live` is the state of the connection before it. */
  hear(response: Response, live: Live | undefined): Heard<Event>;
  /** The reader has dealt with the events of a response. */
  handled(response: Response): void | Promise<void>;
  /** The service refused a resume token: the next stream begins without one. */
  forget(): void | Promise<void>;
}

export interface StreamOptions {
  /** Ends the stream when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Told of every change of the connection. */
  readonly onState?: ((state: ConnectionState) => void) | undefined;
}

const OPENING_MS = 20_000;
const HEARTBEAT_MS = 30_000;
const REFUSALS = 2;

export class Reconnecting<Response, Event> {
  #state: ConnectionState = { phase: "connecting" };
  #asleep: AbortController | undefined;
  /** Whether the service has asked for the wait. */
  #asked = false;
  #watchdog: Watchdog | undefined;
  /** Ends the stream that is open, for another one at once. */
  #replace: (() => void) | undefined;
  #replaced = false;
  #refusals = 0;
  #failures = 0;
  readonly #closing = new AbortController();
  readonly #backoff: Backoff;

  constructor(
    private readonly source: Source<Response, Event>,
    private readonly options: StreamOptions,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly wakeups: Wakeups = noWakeups,
  ) {
    this.#backoff = new Backoff(clock);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Ends a wait, or replaces the stream that is open: the network is another one, or somebody asks for it. */
  reconnect(): void {
    this.#asleep?.abort();
    this.#replace?.();
  }

  /** Nobody has asked: a delay that the service wants is not cut short, a stream that lives is left alone. */
  #woken(what: "online" | "awake"): void {
    if (!this.#asked) this.#asleep?.abort();
    if (what === "online") this.#replace?.();
    else this.#watchdog?.look();
  }

  close(): void {
    this.#closing.abort();
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The events of all streams until it is closed; throws what no repetition changes. */
  events(): AsyncGenerator<Event | Disconnected, void, undefined> {
    return endedBy(this.#events(), () => this.close());
  }

  async *#events(): AsyncGenerator<Event | Disconnected, void, undefined> {
    const { signal } = this.options;
    const close = (): void => this.close();
    signal?.addEventListener("abort", close);
    if (signal?.aborted) close();
    const rest = this.wakeups((what) => this.#woken(what));
    try {
      this.#show(this.#state);
      while (!this.closed) {
        const error = yield* this.#one();
        if (this.closed) break;
        if (!(await this.#canRepeat(error))) {
          this.#show({ phase: "closed", error });
          throw error;
        }
        this.#asleep = new AbortController();
        this.#asked = error.retryDelayMs !== undefined;
        const retryInMs = this.#replaced ? 0 : this.#backoff.next(error.retryDelayMs);
        this.logger.info?.("a stream was lost", { reason: error.reason, code: error.code, retryInMs });
        this.#failures += 1;
        const lost = { error, retryInMs, failures: this.#failures };
        this.#show({ phase: "reconnecting", ...lost });
        yield { type: "disconnected", reason: error.reason, ...lost };
        if (retryInMs > 0) await this.#sleep(retryInMs, this.#asleep);
      }
    } finally {
      rest();
      signal?.removeEventListener("abort", close);
      close();
      if (this.#state.phase !== "closed") this.#show({ phase: "closed" });
    }
  }

  /** One stream from its opening to its end, which is always a failure. */
  async *#one(): AsyncGenerator<Event, Chat3Error, undefined> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    this.#closing.signal.addEventListener("abort", end);
    let silent = false;
    const watchdog = new Watchdog(this.clock, () => {
      silent = true;
      end();
    });
    this.#watchdog = watchdog;
    this.#replaced = false;
    this.#replace = () => {
      this.#replaced = true;
      end();
    };
    let patience = OPENING_MS;
    let opened = false;
    try {
      watchdog.watch(patience);
      // What is asked for the token can hang as well as the service.
      const opening = Promise.resolve(this.source.open(ending.signal));
      const responses = (await unlessAborted(opening, ending.signal))[Symbol.asyncIterator]();
      for (;;) {
        // A reader that takes its time is no silence of the service.
        watchdog.watch(patience);
        const next = await responses.next();
        watchdog.rest();
        if (next.done) return connectionLost("the stream ended");
        this.#backoff.reset();
        this.#refusals = 0;
        this.#failures = 0;
        const { events, heartbeatMs, live } = this.source.hear(next.value, this.#live);
        if (!opened || heartbeatMs) patience = 2 * (heartbeatMs || HEARTBEAT_MS);
        opened = true;
        if (live) this.#show(live);
        for (const event of events) {
          if (this.closed) return connectionLost("closed");
          yield event;
        }
        // Only now: whoever breaks off before this gets the response again.
        await this.source.handled(next.value);
        if (this.closed) return connectionLost("closed");
      }
    } catch (error) {
      if (silent) return connectionLost("nothing was heard for too long");
      return this.#replaced ? connectionLost("another stream was asked for") : Chat3Error.from(error);
    } finally {
      watchdog.rest();
      this.#watchdog = undefined;
      this.#replace = undefined;
      // Leaving the loop does not end the call.
      end();
      this.#closing.signal.removeEventListener("abort", end);
    }
  }

  async #canRepeat(error: Chat3Error): Promise<boolean> {
    if (error.resumeTokenRefused) {
      await this.source.forget();
      return true;
    }
    if (error.transient) return true;
    if (error instanceof SignInRequiredError) return false;
    // An expired user token is replaced at the next attempt; a fresh one that is refused stays so.
    this.#refusals += 1;
    return error.tokenRefused && this.#refusals < REFUSALS;
  }

  async #sleep(ms: number, asleep: AbortController): Promise<void> {
    const wake = (): void => asleep.abort();
    this.#closing.signal.addEventListener("abort", wake);
    if (this.closed) wake();
    await sleep(this.clock, ms, asleep.signal);
    this.#closing.signal.removeEventListener("abort", wake);
  }

  get #live(): Live | undefined {
    return this.#state.phase === "live" ? this.#state : undefined;
  }

  #show(state: ConnectionState): void {
    this.#state = state;
    tell(() => this.options.onState?.(state));
  }
}
