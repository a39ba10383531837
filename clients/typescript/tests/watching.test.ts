import assert from "node:assert/strict";
import { test } from "node:test";

import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";

import { TenantClient } from "../src/client/tenant_client.js";
import type {
  WatchUpdatesRequest,
  WatchUpdatesResponseSchema,
} from "../src/gen/chat3/tenant/v1/watch_calls_pb.js";
import { ErrorReason } from "../src/gen/chat3/user/v1/error_reason_pb.js";
import { GapReason, ResumeOutcome } from "../src/gen/chat3/user/v1/update_stream_pb.js";
import type { UserResumeStore } from "../src/stream/resume_store.js";
import { FakeClock, fakeTransport, refusal, settled } from "../src/testing.js";

type Response = MessageInitShape<typeof WatchUpdatesResponseSchema>;

/** A service that watches users; tests say what happens to them. */
class Service {
  readonly clock = new FakeClock();
  /** The requests of each stream. */
  readonly streams: WatchUpdatesRequest[][] = [];
  readonly heard: string[] = [];
  /** Users that do not exist, and tokens that are refused. */
  readonly unknown = new Set<string>();
  readonly broken = new Set<string>();
  /** A delay with which the next request is refused. */
  delayMs: number | undefined;
  #send: (item: Response | Error) => void = () => undefined;
  #position = 0;

  readonly transport = fakeTransport({
    tenant: {
      watchUpdates: (requests, { signal }) => {
        const taken: WatchUpdatesRequest[] = [];
        this.streams.push(taken);
        const queue: (Response | Error)[] = [];
        let wake = (): void => undefined;
        this.#send = (item) => {
          queue.push(item);
          wake();
        };
        // The service's own: it has read no request yet.
        const heartbeatInterval = durationFromMs(30_000);
        this.#send({
          event: { case: "connectionEstablished", value: { connectionId: "c", heartbeatInterval } },
        });
        const send = this.#send;
        void (async () => {
          for await (const request of requests) {
            taken.push(request);
            send(this.#answer(request));
          }
        })().catch(() => undefined);
        signal.addEventListener("abort", () => send(refusal("", Code.Canceled)));
        return (async function* () {
          for (;;) {
            const next = queue.shift();
            if (next instanceof Error) throw next;
            if (next !== undefined) yield next;
            else
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
          }
        })();
      },
    },
  });

  watching(resume?: UserResumeStore) {
    const client = new TenantClient({
      transport: this.transport,
      apiKey: "k",
      tenant: "t",
      clock: this.clock,
    });
    const watching = client.watching({ ...(resume && { resume }), heartbeatMs: 10_000 });
    const reading = (async () => {
      for await (const event of watching) {
        if (event.type === "connected" || event.type === "disconnected") this.heard.push(event.type);
        else if (event.type === "watched")
          this.heard.push(`watched ${event.userId} ${ResumeOutcome[event.outcome]}`);
        else if (event.type === "dropped") this.heard.push(`dropped ${event.userId} ${event.reason}`);
        else this.heard.push(`${event.type} ${event.userId}`);
      }
    })();
    return { watching, reading };
  }

  send(userId: string, event: NonNullable<Response["event"]>): void {
    this.#position += 1;
    this.#send({ userId, resumeToken: `${userId}.${this.#position}`, event });
  }

  fail(error: Error = refusal("", Code.Unavailable)): void {
    this.#send(error);
  }

  /** The users and tokens that were asked for on the last stream. */
  get asked(): string[] {
    const requests = this.streams.at(-1) ?? [];
    return requests.flatMap(({ watch }) =>
      watch.map(({ userId, resumeToken }) => `${userId} ${resumeToken}`),
    );
  }

  #answer({ watch }: WatchUpdatesRequest): Response {
    const missing = watch.find(({ userId }) => this.unknown.has(userId));
    const refused = watch.find(({ resumeToken }) => this.broken.has(resumeToken));
    const culprit = missing ?? refused;
    if (this.delayMs !== undefined || culprit) {
      const reason = missing ? ErrorReason.USER_NOT_FOUND : ErrorReason.RESUME_TOKEN_INVALID;
      const retryDelay = this.delayMs === undefined ? {} : { retryDelay: durationFromMs(this.delayMs) };
      this.delayMs = undefined;
      return { event: { case: "refused", value: { reason, userId: culprit?.userId ?? "", ...retryDelay } } };
    }
    const watched = watch.map(({ userId, resumeToken }) => ({
      userId,
      resumeOutcome: resumeToken === "" ? ResumeOutcome.FRESH : ResumeOutcome.RESUMED,
      resumeToken: resumeToken || `${userId}.0`,
    }));
    return { event: { case: "acknowledged", value: { watched } } };
  }
}

const update = { case: "update", value: {} } as const;

test("users are watched, in lower case, and unwatched while the stream runs", async () => {
  const service = new Service();
  const { watching } = service.watching();
  watching.watch("Alice", "bob");
  await settled();
  service.send("alice", update);
  await settled();
  watching.unwatch("alice");
  await settled();
  assert.deepEqual(service.heard, ["connected", "watched alice FRESH", "watched bob FRESH", "update alice"]);
  const requests = service.streams[0]?.map(({ watch, unwatch }) => [
    watch.map(({ userId }) => userId),
    unwatch,
  ]);
  assert.deepEqual(requests, [
    [["alice", "bob"], []],
    [[], ["alice"]],
  ]);
  assert.equal(service.streams[0]?.[0]?.heartbeatInterval?.seconds, 10n);
  watching.close();
});

test("after a lost stream all users are watched again, each with the token of what was handled", async () => {
  const service = new Service();
  const { watching } = service.watching();
  watching.watch("alice", "bob");
  await settled();
  service.send("alice", update);
  await settled();
  service.fail();
  await service.clock.pass(1_000);
  assert.deepEqual(service.asked, ["alice alice.1", "bob bob.0"]);
  assert.deepEqual(service.heard.slice(-3), ["connected", "watched alice RESUMED", "watched bob RESUMED"]);
  watching.close();
});

test("one user who does not exist is given up, and the others are watched", async () => {
  const service = new Service();
  service.unknown.add("nobody");
  const { watching } = service.watching();
  watching.watch("alice", "nobody", "bob");
  await settled();
  assert.deepEqual(service.heard, [
    "connected",
    "dropped nobody ERROR_REASON_USER_NOT_FOUND",
    "watched alice FRESH",
    "watched bob FRESH",
  ]);
  watching.close();
});

test("a refused token is forgotten, and its user begins anew", async () => {
  const service = new Service();
  service.broken.add("old");
  const { watching } = service.watching({ load: () => "old", save: () => undefined });
  watching.watch("alice");
  await settled();
  assert.deepEqual(service.asked, ["alice old", "alice "]);
  assert.deepEqual(service.heard, ["connected", "watched alice FRESH"]);
  watching.close();
});

test("a request that can succeed later is repeated after the delay that the service names, by no clock", async () => {
  const service = new Service();
  service.delayMs = 4_000;
  const { watching } = service.watching();
  watching.watch("alice");
  await settled();
  assert.equal(service.streams[0]?.length, 1);
  service.clock.jump(-3_600_000);
  await service.clock.pass(3_900);
  assert.equal(service.streams[0]?.length, 1);
  await service.clock.pass(200);
  assert.deepEqual(service.heard, ["connected", "watched alice FRESH"]);
  watching.close();
});

test("a user who was dropped because the reader was slow is watched again from there", async () => {
  const service = new Service();
  const { watching } = service.watching();
  watching.watch("alice");
  await settled();
  service.send("alice", { case: "dropped", value: { reason: ErrorReason.SLOW_CONSUMER } });
  await settled();
  assert.deepEqual(service.asked, ["alice ", "alice alice.1"]);
  assert.deepEqual(service.heard, ["connected", "watched alice FRESH", "watched alice RESUMED"]);
  watching.close();
});

test("a user who was deleted is dropped, and not watched again", async () => {
  const service = new Service();
  const { watching } = service.watching();
  watching.watch("alice");
  await settled();
  service.send("alice", { case: "dropped", value: { reason: ErrorReason.USER_NOT_FOUND } });
  await settled();
  assert.deepEqual(service.heard.slice(2), ["dropped alice ERROR_REASON_USER_NOT_FOUND"]);
  assert.equal(service.streams[0]?.length, 1);
  watching.close();
});

test("more users than one request may name are watched by several, one at a time", async () => {
  const service = new Service();
  const { watching } = service.watching();
  watching.watch(...Array.from({ length: 1_000 }, (_, place) => `u${place}`));
  await settled();
  await settled();
  assert.deepEqual(
    service.streams[0]?.map(({ watch }) => watch.length),
    [400, 400, 200],
  );
  watching.close();
});

test("tokens are stored by user, after their events were handled", async () => {
  const service = new Service();
  const stored = new Map<string, string>();
  const resume = {
    load: (userId: string) => stored.get(userId) ?? "",
    save: (userId: string, token: string) => void stored.set(userId, token),
  };
  const { watching } = service.watching(resume);
  watching.watch("alice");
  await settled();
  service.send("alice", update);
  service.send("alice", { case: "gap", value: { reason: GapReason.EXPIRED } });
  await settled();
  assert.deepEqual([...stored], [["alice", "alice.2"]]);
  assert.deepEqual(service.heard.slice(2), ["update alice", "gap alice"]);
  watching.close();
});

test("closing ends the reader without an error", async () => {
  const service = new Service();
  const { watching, reading } = service.watching();
  watching.watch("alice");
  await settled();
  watching.close();
  await reading;
  assert.deepEqual(watching.state, { phase: "closed" });
});

test("silence is measured by the heartbeat that was asked for, once the service has agreed", async () => {
  const service = new Service();
  const { watching } = service.watching();
  await service.clock.pass(59_000);
  assert.deepEqual(service.heard, ["connected"]);
  watching.watch("alice");
  await settled();
  await service.clock.pass(19_000);
  assert.deepEqual(service.heard, ["connected", "watched alice FRESH"]);
  await service.clock.pass(1_000);
  assert.deepEqual(service.heard, ["connected", "watched alice FRESH", "disconnected"]);
  watching.close();
});
