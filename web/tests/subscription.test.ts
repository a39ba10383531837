import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import {
  GapReason,
  ReloadTarget,
  ResumeOutcome,
  StreamState,
} from "../src/gen/chat3/user/v1/update_stream_pb.js";
import { tabBookmark } from "../src/stream/bookmark.js";
import type { Connection } from "../src/stream/connection.js";
import { Subscription } from "../src/stream/subscription.js";
import { FakeClock, FakeStorage, settled } from "./fakes.js";
import { FedStream, refusal } from "./streams.js";

class Harness {
  readonly clock = new FakeClock();
  readonly storage = new FakeStorage();
  readonly streams: FedStream[] = [];
  readonly connections: Connection[] = [];
  readonly heard: string[] = [];
  readonly closing = new AbortController();
  readonly subscription = new Subscription(
    (token, signal) => {
      const stream = new FedStream(token, signal, `s${this.streams.length}`);
      this.streams.push(stream);
      return stream;
    },
    tabBookmark(this.storage, "alice"),
    {
      connection: (now) => this.connections.push(now),
      established: (outcome) => this.heard.push(ResumeOutcome[outcome]),
      update: () => this.heard.push("update"),
      gap: (gap) => this.heard.push(`gap ${gap.reload.map((target) => ReloadTarget[target])}`),
    },
    this.clock,
  );
  readonly run = this.subscription.run(this.closing.signal);

  get stream(): FedStream {
    const last = this.streams.at(-1);
    assert.ok(last);
    return last;
  }

  get phase(): string | undefined {
    return this.connections.at(-1)?.phase;
  }

  async fail(error?: Error): Promise<number> {
    this.stream.fail(error);
    await settled();
    return this.clock.wait ?? Number.NaN;
  }
}

const update = { case: "update", value: {} } as const;

test("a lost stream is opened again with the token of the last response that was handled", async () => {
  const { clock, streams, ...harness } = new Harness();
  streams[0]?.open();
  streams[0]?.send(update);
  streams[0]?.fail();
  await clock.pass(1_000);
  assert.deepEqual(
    streams.map(({ resumeToken }) => resumeToken),
    ["", "s0.2"],
  );
  assert.deepEqual(harness.heard, ["FRESH", "update"]);
  assert.ok(streams[0]?.signal.aborted, "the call of the first stream is not left open");
});

test("the first reconnect has jitter too, later ones wait longer, and any response resets that", async () => {
  const harness = new Harness();
  harness.clock.chance = 0;
  assert.equal(await harness.fail(), 250);
  await harness.clock.pass(250);
  harness.clock.chance = 0.999;
  assert.equal(Math.round(await harness.fail()), 1000);
  await harness.clock.pass(1_000);
  assert.equal(harness.streams.length, 3);
  harness.stream.open();
  await settled();
  harness.clock.chance = 0;
  assert.equal(await harness.fail(), 250);
});

test("a delay that the service asks for is not cut short", async () => {
  const harness = new Harness();
  harness.clock.chance = 0;
  assert.equal(await harness.fail(refusal("ERROR_REASON_OVERLOADED", Code.ResourceExhausted, 7)), 7_000);
});

test("silence for twice the heartbeat interval is a lost connection", async () => {
  const harness = new Harness();
  harness.stream.open(ResumeOutcome.FRESH, 10);
  await harness.clock.pass(19_000);
  harness.stream.send({ case: "heartbeat", value: { state: StreamState.LIVE } });
  await harness.clock.pass(19_000);
  assert.equal(harness.streams.length, 1);
  await harness.clock.pass(3_000);
  assert.deepEqual(
    harness.streams.map(({ resumeToken }) => resumeToken),
    ["", "s0.2"],
  );
});

test("a stream that nobody answers is given up", async () => {
  const harness = new Harness();
  await harness.clock.pass(25_000);
  assert.equal(harness.streams.length, 2);
});

test("the connection is shown: live, reconnecting, resumed, and reloaded after a gap", async () => {
  const harness = new Harness();
  harness.stream.open();
  await harness.fail();
  await harness.clock.pass(500);
  harness.stream.open(ResumeOutcome.RESUMED);
  await harness.fail();
  await harness.clock.pass(500);
  harness.stream.open(ResumeOutcome.RESUMED_WITH_GAP);
  harness.stream.send({
    case: "gap",
    value: { reason: GapReason.EXPIRED, reload: [ReloadTarget.DIALOGS, ReloadTarget.MESSAGES] },
  });
  await settled();
  assert.deepEqual(
    harness.connections.map(({ phase }) => phase),
    ["connecting", "live", "reconnecting", "live", "reconnecting", "live", "live"],
  );
  assert.deepEqual(harness.connections.at(-1), {
    phase: "live",
    outcome: ResumeOutcome.RESUMED_WITH_GAP,
    gap: GapReason.EXPIRED,
    degraded: false,
  });
  assert.equal(harness.heard.at(-1), "gap DIALOGS,MESSAGES");
});

test("a heartbeat says whether updates flow", async () => {
  const harness = new Harness();
  harness.stream.open();
  for (const state of [StreamState.DEGRADED, StreamState.DEGRADED, StreamState.LIVE]) {
    harness.stream.send({ case: "heartbeat", value: { state } });
  }
  await settled();
  assert.deepEqual(
    harness.connections.map((now) => now.phase === "live" && now.degraded),
    [false, false, true, false],
  );
});

test("a token that the service refuses is forgotten", async () => {
  const harness = new Harness();
  harness.stream.open();
  await harness.fail();
  await harness.clock.pass(500);
  await harness.fail(refusal("ERROR_REASON_RESUME_TOKEN_INVALID", Code.InvalidArgument));
  await harness.clock.pass(1_000);
  assert.deepEqual(
    harness.streams.map(({ resumeToken }) => resumeToken),
    ["", "s0.1", ""],
  );
});

test("a refused user token is replaced once; a second refusal in a row ends it", async () => {
  const harness = new Harness();
  const refused = refusal("ERROR_REASON_API_KEY_INVALID", Code.Unauthenticated);
  await harness.fail(refused);
  await harness.clock.pass(1_000);
  harness.stream.open();
  await harness.fail(refused);
  await harness.clock.pass(1_000);
  assert.equal(harness.phase, "reconnecting");
  await harness.fail(refused);
  await harness.run;
  assert.equal(harness.phase, "ended");
});

test("what no repetition mends ends it", async () => {
  const harness = new Harness();
  await harness.fail(refusal("ERROR_REASON_USER_NOT_FOUND", Code.NotFound));
  await harness.run;
  assert.equal(harness.phase, "ended");
});

test("somebody who does not want to wait is not made to", async () => {
  const harness = new Harness();
  await harness.fail();
  harness.subscription.wake();
  await settled();
  assert.equal(harness.streams.length, 2);
});

test("closing ends the stream and says nothing more", async () => {
  const harness = new Harness();
  harness.stream.open();
  await settled();
  harness.closing.abort();
  await harness.run;
  assert.equal(harness.phase, "live");
  assert.ok(harness.stream.signal.aborted);
  assert.equal(harness.clock.wait, undefined);
});
