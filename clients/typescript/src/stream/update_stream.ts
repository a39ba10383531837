/** A stream of updates, of one user or of a whole tenant, that resumes with its last token. */
import { durationMs } from "@bufbuild/protobuf/wkt";

import type { Clock } from "../client/clock.js";
import type { Logger } from "../client/logger.js";
import type { SubscribeUpdatesResponse } from "../gen/chat3/user/v1/update_calls_pb.js";
import type { Update, UpdateKind } from "../gen/chat3/user/v1/update_pb.js";
import { type Gap, type ResumeOutcome, StreamState } from "../gen/chat3/user/v1/update_stream_pb.js";
import type { ConnectionState, Live } from "./connection.js";
import { type Disconnected, type Heard, Reconnecting, type StreamOptions } from "./reconnecting.js";
import { memoryResumeStore, type ResumeStore } from "./resume_store.js";
import type { Wakeups } from "./wakeups.js";

/** A stream is open. What is read from now on, and what it brings, make a complete picture. */
export interface Connected {
  readonly type: "connected";
  /** `FRESH`: read everything. `RESUMED`: nothing is missing. `RESUMED_WITH_GAP`: a `gap` follows. */
  readonly outcome: ResumeOutcome;
  readonly connectionId: string;
  /** The longest silence that the service leaves, in ms. */
  readonly heartbeatMs: number;
}

export interface UpdateEvent {
  readonly type: "update";
  readonly update: Update;
}

/** Updates may be missing here: reload what `gap.reload` names. */
export interface GapEvent {
  readonly type: "gap";
  readonly gap: Gap;
}

export type UpdatesEvent = Connected | UpdateEvent | GapEvent | Disconnected;

export interface UpdatesOptions extends StreamOptions {
  /** Where the resume token is kept: in memory if it is not set. One store has one stream at a time. */
  readonly resume?: ResumeStore | undefined;
  /** The kinds of update that are wanted: all if it is not set. */
  readonly kinds?: readonly UpdateKind[] | undefined;
  /** The dialogs whose updates are wanted: all if it is not set. */
  readonly dialogIds?: readonly string[] | undefined;
  /** The longest silence wanted, in ms, 5 to 300 seconds: 30 seconds if it is not set. */
  readonly heartbeatMs?: number | undefined;
}

/** What a reader in callback form is told; the types are those of the events. */
export interface UpdatesListener {
  readonly connected?: ((event: Connected) => void | Promise<void>) | undefined;
  readonly update?: ((update: Update) => void | Promise<void>) | undefined;
  readonly gap?: ((gap: Gap) => void | Promise<void>) | undefined;
  readonly disconnected?: ((event: Disconnected) => void | Promise<void>) | undefined;
}

/** A response of `SubscribeUpdates`, or one of `SubscribeTenantUpdates`, which has the same parts. */
export type StreamedUpdate = Pick<SubscribeUpdatesResponse, "resumeToken" | "event">;

export type OpenStream = (resumeToken: string, signal: AbortSignal) => AsyncIterable<StreamedUpdate>;

/**
 * Updates as an async iterable: `for await (const event of client.updates())`. Every event is delivered at
 * least once: the token moves on when the reader asks for the next event, so a reader that fails in
 * between gets the event again when it resumes.
 */
export class UpdateStream implements AsyncIterable<UpdatesEvent> {
  readonly #stream: Reconnecting<StreamedUpdate, Connected | UpdateEvent | GapEvent>;
  #events: AsyncGenerator<UpdatesEvent, void, undefined> | undefined;

  constructor(open: OpenStream, options: UpdatesOptions, clock: Clock, logger: Logger, wakeups?: Wakeups) {
    const { resume = memoryResumeStore() } = options;
    let last: string | undefined;
    const save = async (token: string): Promise<void> => {
      last = token;
      try {
        await resume.save(token);
      } catch (error) {
        // The stream goes on, and so does its token in memory.
        logger.warn?.("a resume token could not be stored", { error });
      }
    };
    this.#stream = new Reconnecting(
      {
        open: async (signal) => {
          const token = last ?? (await resume.load());
          // Nobody reads a stream that is opened after all.
          signal.throwIfAborted();
          return open(token, signal);
        },
        hear,
        handled: ({ resumeToken }) => save(resumeToken),
        forget: () => save(""),
      },
      options,
      clock,
      logger,
      wakeups,
    );
  }

  get state(): ConnectionState {
    return this.#stream.state;
  }

  /** Opens the stream again at once: ends the wait for it, or replaces the one that is open. Nothing is lost. */
  reconnect(): void {
    this.#stream.reconnect();
  }

  close(): void {
    this.#stream.close();
  }

  /** All iterators are one: a stream has one reader. */
  [Symbol.asyncIterator](): AsyncGenerator<UpdatesEvent, void, undefined> {
    this.#events ??= this.#stream.events();
    return this.#events;
  }

  /** Reads until it is closed; rejects with what no repetition changes, or what the listener throws. */
  async run(listener: UpdatesListener): Promise<void> {
    for await (const event of this) {
      // Whoever has closed it hears nothing any more, not even what was read before.
      if (this.#stream.closed) return;
      if (event.type === "update") await listener.update?.(event.update);
      else if (event.type === "gap") await listener.gap?.(event.gap);
      else if (event.type === "connected") await listener.connected?.(event);
      else await listener.disconnected?.(event);
    }
  }
}

function hear({ event }: StreamedUpdate, live: Live | undefined): Heard<Connected | UpdateEvent | GapEvent> {
  switch (event.case) {
    case "connectionEstablished": {
      const { resumeOutcome: outcome, connectionId, heartbeatInterval } = event.value;
      const heartbeatMs = heartbeatInterval ? durationMs(heartbeatInterval) : 0;
      return {
        events: [{ type: "connected", outcome, connectionId, heartbeatMs }],
        heartbeatMs,
        live: { phase: "live", outcome, degraded: false },
      };
    }
    case "update":
      return { events: [{ type: "update", update: event.value }] };
    case "gap": {
      const gap = event.value;
      return { events: [{ type: "gap", gap }], ...(live && { live: { ...live, gap: gap.reason } }) };
    }
    case "heartbeat": {
      const degraded = event.value.state === StreamState.DEGRADED;
      return { events: [], ...(live && live.degraded !== degraded && { live: { ...live, degraded } }) };
    }
    default: // What a newer service sends is left to newer clients.
      return { events: [] };
  }
}
