/** The updates of many users on one stream, for back ends: users are added and removed while it runs. */
import { durationMs } from "@bufbuild/protobuf/wkt";

import type { Clock } from "../client/clock.js";
import type { Reason } from "../client/errors.js";
import type { Logger } from "../client/logger.js";
import type { WatchUpdatesResponse } from "../gen/chat3/tenant/v1/watch_calls_pb.js";
import type { WatchRefused } from "../gen/chat3/tenant/v1/watching_pb.js";
import { ErrorReason } from "../gen/chat3/user/v1/error_reason_pb.js";
import type { Update } from "../gen/chat3/user/v1/update_pb.js";
import { type Gap, ResumeOutcome, StreamState } from "../gen/chat3/user/v1/update_stream_pb.js";
import type { ConnectionState } from "./connection.js";
import { type Disconnected, type Heard, Reconnecting, type StreamOptions } from "./reconnecting.js";
import type { UserResumeStore } from "./resume_store.js";
import { WatchedUsers, type WatchRequest } from "./watched_users.js";

export type WatchEvent =
  /** The stream is open; the users that are wanted are watched again, each with its token. */
  | { readonly type: "connected"; readonly heartbeatMs: number }
  /** Updates of the user follow. */
  | { readonly type: "watched"; readonly userId: string; readonly outcome: ResumeOutcome }
  | { readonly type: "update"; readonly userId: string; readonly update: Update }
  /** Updates of the user may be missing here. */
  | { readonly type: "gap"; readonly userId: string; readonly gap: Gap }
  /** The user is watched no longer, and not again: deleted, or refused with this reason. */
  | {
      readonly type: "dropped";
      readonly userId: string;
      readonly reason: Reason;
      readonly message: string;
    }
  | Disconnected;

export interface WatchOptions extends StreamOptions {
  /** Where the tokens are kept: in memory if it is not set. */
  readonly resume?: UserResumeStore | undefined;
  /** The longest silence wanted, in ms, 5 to 300 seconds: 30 seconds if it is not set. */
  readonly heartbeatMs?: number | undefined;
}

export type OpenWatch = (
  requests: AsyncIterable<WatchRequest>,
  signal: AbortSignal,
) => AsyncIterable<WatchUpdatesResponse>;

/** Read it as `for await (const event of watching)`; events are delivered as those of `updates()`. */
export class Watching implements AsyncIterable<WatchEvent> {
  readonly #users: WatchedUsers;
  readonly #stream: Reconnecting<WatchUpdatesResponse, WatchEvent>;
  #events: AsyncGenerator<WatchEvent, void, undefined> | undefined;

  constructor(
    open: OpenWatch,
    private readonly options: WatchOptions,
    clock: Clock,
    logger: Logger,
  ) {
    this.#users = new WatchedUsers(options.resume, clock, logger);
    const source = {
      open: (signal: AbortSignal) => open(this.#users.requests(signal, options.heartbeatMs), signal),
      hear: (response: WatchUpdatesResponse): Heard<WatchEvent> => this.#hear(response),
      handled: (response: WatchUpdatesResponse) => this.#handled(response),
      forget: () => undefined,
    };
    this.#stream = new Reconnecting(source, options, clock, logger);
  }

  get state(): ConnectionState {
    return this.#stream.state;
  }

  /** Has these users watched, also after the stream was lost, until `unwatch`. */
  watch(...userIds: string[]): void {
    this.#users.want(userIds);
  }

  unwatch(...userIds: string[]): void {
    this.#users.leave(userIds);
  }

  /** Opens the stream again at once: ends the wait for it, or replaces the one that is open. Nothing is lost. */
  reconnect(): void {
    this.#stream.reconnect();
  }

  close(): void {
    this.#stream.close();
  }

  /** All iterators are one: a stream has one reader. */
  [Symbol.asyncIterator](): AsyncGenerator<WatchEvent, void, undefined> {
    this.#events ??= this.#stream.events();
    return this.#events;
  }

  #hear({ event, userId }: WatchUpdatesResponse): Heard<WatchEvent> {
    switch (event.case) {
      case "connectionEstablished": {
        const { heartbeatInterval } = event.value;
        const heartbeatMs = heartbeatInterval ? durationMs(heartbeatInterval) : 0;
        const live = { phase: "live", outcome: ResumeOutcome.UNSPECIFIED, degraded: false } as const;
        const wanted = this.options.heartbeatMs ?? heartbeatMs;
        return { events: [{ type: "connected", heartbeatMs: wanted }], heartbeatMs, live };
      }
      case "update":
        return { events: [{ type: "update", userId, update: event.value }] };
      case "gap":
        return { events: [{ type: "gap", userId, gap: event.value }] };
      case "heartbeat": {
        const degraded = event.value.state === StreamState.DEGRADED;
        const live = this.state.phase === "live" ? this.state : undefined;
        return {
          events: [],
          ...(live && live.degraded !== degraded && { live: { ...live, degraded } }),
        };
      }
      case "acknowledged": {
        // The stream begins with the interval of the service; the first request has asked for another one.
        const { heartbeatMs } = this.options;
        return {
          events: event.value.watched.map((user) => ({
            type: "watched",
            userId: user.userId,
            outcome: user.resumeOutcome,
          })),
          ...(heartbeatMs !== undefined && { heartbeatMs }),
        };
      }
      case "refused":
        return { events: this.#users.refused(event.value).map((userId) => dropped(userId, event.value)) };
      case "dropped": {
        const again = event.value.reason === ErrorReason.SLOW_CONSUMER;
        return { events: again ? [] : [dropped(userId, { reason: event.value.reason, message: "" })] };
      }
      default:
        return { events: [] };
    }
  }

  async #handled({ event, userId, resumeToken }: WatchUpdatesResponse): Promise<void> {
    if (userId !== "") await this.#users.moved(userId, resumeToken);
    if (event.case === "acknowledged") {
      for (const user of event.value.watched) await this.#users.moved(user.userId, user.resumeToken);
      this.#users.acknowledged();
    } else if (event.case === "dropped") {
      // A user who is dropped because the reader was slow is watched again, from its token.
      this.#users.dropped(userId, event.value.reason === ErrorReason.SLOW_CONSUMER);
    }
  }
}

function dropped(userId: string, { reason, message }: Pick<WatchRefused, "reason" | "message">): WatchEvent {
  const name = `ERROR_REASON_${ErrorReason[reason] ?? "UNSPECIFIED"}` as Reason;
  return { type: "dropped", userId, reason: name, message };
}
