/** Which users a stream shall watch and which it does: requests bring the one to the other. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";

import type { Clock } from "../client/clock.js";
import type { Logger } from "../client/logger.js";
import type { WatchUpdatesRequestSchema } from "../gen/chat3/tenant/v1/watch_calls_pb.js";
import type { WatchRefused } from "../gen/chat3/tenant/v1/watching_pb.js";
import { ErrorReason } from "../gen/chat3/user/v1/error_reason_pb.js";
import type { UserResumeStore } from "./resume_store.js";

// With tokens of 1,024 characters a request stays below half a megabyte.
const USERS_OF_A_REQUEST = 400;

export type WatchRequest = MessageInitShape<typeof WatchUpdatesRequestSchema>;

interface Batch {
  readonly watch: readonly string[];
  readonly unwatch: readonly string[];
}

export class WatchedUsers {
  /** The users that are wanted, with the last token of each. */
  readonly #wanted = new Map<string, string | undefined>();
  readonly #watched = new Set<string>();
  #inFlight: Batch | undefined;
  /** Until when nothing is asked, because the service said so. */
  #pausedUntil = 0;
  #changed: () => void = () => undefined;

  constructor(
    private readonly resume: UserResumeStore | undefined,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  want(userIds: readonly string[]): void {
    for (const id of userIds) {
      const userId = id.toLowerCase();
      if (!this.#wanted.has(userId)) this.#wanted.set(userId, undefined);
    }
    this.#changed();
  }

  leave(userIds: readonly string[]): void {
    for (const id of userIds) this.#wanted.delete(id.toLowerCase());
    this.#changed();
  }

  /** The requests of one stream, one at a time: the next one when the last one is answered. */
  async *requests(signal: AbortSignal, heartbeatMs?: number): AsyncGenerator<WatchRequest, void, undefined> {
    this.#watched.clear();
    this.#inFlight = undefined;
    let first = true;
    while (!signal.aborted) {
      const batch = this.#next();
      if (batch === undefined) {
        await this.#change(signal);
        continue;
      }
      this.#inFlight = batch;
      const watch = await Promise.all(
        batch.watch.map(async (userId) => ({ userId, resumeToken: await this.#tokenOf(userId) })),
      );
      yield {
        watch,
        unwatch: [...batch.unwatch],
        ...(first && heartbeatMs !== undefined && { heartbeatInterval: durationFromMs(heartbeatMs) }),
      };
      first = false;
    }
  }

  acknowledged(): void {
    for (const userId of this.#inFlight?.watch ?? []) this.#watched.add(userId);
    for (const userId of this.#inFlight?.unwatch ?? []) this.#watched.delete(userId);
    this.#answered();
  }

  /** Takes a refusal; returns the users that are given up for it. */
  refused({ reason, userId, brokenRules, retryDelay }: WatchRefused): readonly string[] {
    const batch = this.#inFlight;
    const culprits = brokenRules.flatMap(({ field }) => {
      const [, list, place] = /^(watch|unwatch)\[(\d+)\]/.exec(field) ?? [];
      return batch?.[list as keyof Batch]?.[Number(place)] ?? [];
    });
    let given: readonly string[] = [];
    if (userId !== "" && isOfTheToken(reason)) this.#wanted.set(userId, "");
    else if (retryDelay) this.#pausedUntil = this.clock.elapsed() + durationMs(retryDelay);
    else if (userId !== "") given = [userId];
    else given = culprits.length > 0 ? culprits : (batch?.watch ?? []);
    for (const each of given) this.#wanted.delete(each);
    this.#answered();
    return given;
  }

  dropped(userId: string, again: boolean): void {
    this.#watched.delete(userId);
    if (!again) this.#wanted.delete(userId);
    this.#changed();
  }

  /** The reader has dealt with a response: the user goes on behind it. */
  async moved(userId: string, token: string): Promise<void> {
    if (this.#wanted.has(userId)) this.#wanted.set(userId, token);
    try {
      await this.resume?.save(userId, token);
    } catch (error) {
      this.logger.warn?.("a resume token could not be stored", { userId, error });
    }
  }

  async #tokenOf(userId: string): Promise<string> {
    return this.#wanted.get(userId) ?? (await this.resume?.load(userId)) ?? "";
  }

  #next(): Batch | undefined {
    if (this.#inFlight !== undefined || this.clock.elapsed() < this.#pausedUntil) return undefined;
    const unwatch = firstOf([...this.#watched].filter((userId) => !this.#wanted.has(userId)));
    if (unwatch.length > 0) return { watch: [], unwatch };
    const watch = firstOf([...this.#wanted.keys()].filter((userId) => !this.#watched.has(userId)));
    return watch.length > 0 ? { watch, unwatch: [] } : undefined;
  }

  #answered(): void {
    this.#inFlight = undefined;
    this.#changed();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const pause = this.#pausedUntil - this.clock.elapsed();
      const cancel = pause > 0 ? this.clock.after(pause, () => this.#changed()) : () => undefined;
      const done = (): void => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#changed = done;
      signal.addEventListener("abort", done);
    });
  }
}

function firstOf(userIds: readonly string[]): readonly string[] {
  return userIds.slice(0, USERS_OF_A_REQUEST);
}

function isOfTheToken(reason: ErrorReason): boolean {
  return reason === ErrorReason.RESUME_TOKEN_INVALID || reason === ErrorReason.RESUME_TOKEN_FOREIGN;
}
