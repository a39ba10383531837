import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import {
  GapReason,
  ReloadTarget,
  ResumeOutcome,
  StreamState,
} from "../src/gen/chat3/user/v1/update_stream_pb.js";
import type { ConnectionState } from "../src/stream/connection.js";
import { type ResumeStore, storageResumeStore } from "../src/stream/resume_store.js";
import { UpdateStream } from "../src/stream/update_stream.js";
import { FakeClock, FakeStream, refusal, settled } from "../src/testing.js";
import { FakeStorage } from "./fakes.js";

class Harness {
  readonly clock = new FakeClock();
  readonly streams: FakeStream[] = [];
  readonly states: ConnectionState[] = [];
  readonly heard: string[] = [];
  readonly warnings: string[] = [];
  readonly failures: number[] = [];
  readonly closing = new AbortController();
  /** What the reader waits for before it takes the next event. */
  busy: Promise<void> = Promise.resolve();
  readonly updates: UpdateStream;
  readonly run: Promise<void>;

  constructor(resume: ResumeStore = storageResumeStore(new FakeStorage(), "alice")) {
    this.updates = new UpdateStream(
      (token, signal) => {
        const stream = new FakeStream(token, signal, `s${this.streams.length}`);
        this.streams.push(stream);
        return stream;
      },
      { resume, signal: this.closing.signal, onState: (state) => this.states.push(state) },
      this.clock,
      { warn: (message) => this.warnings.push(message) },
    );
    this.run = this.#read();
    // Tests that expect it to fail look at it themselves.
    this.run.catch(() => undefined);
  }

  async #read(): Promise<void> {
    for await (const event of this.updates) {
      if (event.type === "connected") this.heard.push(ResumeOutcome[event.outcome]);
      else if (event.type === "gap")
        this.heard.push(`gap ${event.gap.reload.map((target) => ReloadTarget[target])}`);
      else this.heard.push(event.type);
      if (event.type === "disconnected") this.failures.push(event.failures);
      await this.busy;
    }
  }

  get stream(): FakeStream {
    const last = this.streams.at(-1);
    assert.ok(last);
    return last;
  }

  get tokens(): string[] {
    return this.streams.map(({ resumeToken }) => resumeToken);
  }

  get phase(): string | undefined {
    return this.states.at(-1)?.phase;
  }

  async fail(error?: Error): Promise<number> {
    await settled();
    this.stream.fail(error);
    await settled();
    return this.clock.wait ?? Number.NaN;
  }
}

const update = { case: "update", value: {} } as const;

test("a lost stream is opened again with the token of the last response that was handled", async () => {
  const harness = new Harness();
  await settled();
  harness.stream.open();
  harness.stream.send(update);
  harness.stream.fail();
  await harness.clock.pass(1_000);
  assert.deepEqual(harness.tokens, ["", "s0.2"]);
  assert.deepEqual(harness.heard, ["FRESH", "update", "disconnected"]);
  assert.ok(harness.streams[0]?.signal.aborted, "the call of the first stream is not left open");
});

test("an event that its reader did not come to the end of is delivered again", async () => {
  const storage = new FakeStorage();
  const first = new Harness(storageResumeStore(storage, "alice"));
  await settled();
  first.busy = Promise.reject(new Error("the reader has failed"));
  first.stream.open();
  await assert.rejects(first.run, /the reader has failed/);
  assert.ok(first.stream.signal.aborted);
  const second = new Harness(storageResumeStore(storage, "alice"));
  await settled();
  assert.deepEqual(second.tokens, [""]);
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
  harness.stream.send({ case: "heartbeat", value: {} });
  await settled();
  harness.clock.chance = 0;
  assert.equal(await harness.fail(), 250);
});

test("a stream that cannot be opened says why and how often, until something is heard", async () => {
  const harness = new Harness();
  const told: (number | undefined)[] = [];
  for (const opens of [false, false, true, false]) {
    await settled();
    if (opens) harness.stream.open();
    await harness.fail(refusal("", Code.Unavailable));
    const state = harness.updates.state;
    assert.ok(state.phase === "reconnecting" && state.error.code === Code.Unavailable);
    told.push(state.failures);
    await harness.clock.pass(state.retryInMs);
  }
  assert.deepEqual(told, [1, 2, 1, 2]);
  assert.deepEqual(harness.failures, told);
});

test("a delay that the service asks for is not cut short", async () => {
  const harness = new Harness();
  harness.clock.chance = 0;
  const overloaded = refusal("ERROR_REASON_OVERLOADED", Code.ResourceExhausted, { retryDelayMs: 7_000 });
  assert.equal(await harness.fail(overloaded), 7_000);
});

test("silence for twice the heartbeat interval is a lost connection", async () => {
  const harness = new Harness();
  await settled();
  harness.stream.open(ResumeOutcome.FRESH, 10);
  await harness.clock.pass(19_000);
  harness.stream.send({ case: "heartbeat", value: { state: StreamState.LIVE } });
  await harness.clock.pass(19_000);
  assert.equal(harness.streams.length, 1);
  await harness.clock.pass(3_000);
  assert.deepEqual(harness.tokens, ["", "s0.2"]);
});

test("a reader that takes its time is no silence", async () => {
  const harness = new Harness();
  let finish = (): void => undefined;
  harness.busy = new Promise((resolve) => {
    finish = resolve;
  });
  await settled();
  harness.stream.open(ResumeOutcome.FRESH, 10);
  await harness.clock.pass(60_000);
  assert.equal(harness.streams.length, 1);
  finish();
  await settled();
  harness.stream.send(update);
  await settled();
  assert.deepEqual(harness.heard, ["FRESH", "update"]);
  assert.equal(harness.streams.length, 1);
});

test("a stream that nobody answers is given up", async () => {
  const harness = new Harness();
  await harness.clock.pass(25_000);
  assert.equal(harness.streams.length, 2);
});

test("the connection is shown: live, reconnecting, resumed, and after a gap", async () => {
  const harness = new Harness();
  await settled();
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
    harness.states.map(({ phase }) => phase),
    ["connecting", "live", "reconnecting", "live", "reconnecting", "live", "live"],
  );
  assert.deepEqual(harness.updates.state, {
    phase: "live",
    outcome: ResumeOutcome.RESUMED_WITH_GAP,
    gap: GapReason.EXPIRED,
    degraded: false,
  });
  assert.equal(harness.heard.at(-1), "gap DIALOGS,MESSAGES");
});

test("a heartbeat says whether updates flow", async () => {
  const harness = new Harness();
  await settled();
  harness.stream.open();
  for (const state of [StreamState.DEGRADED, StreamState.DEGRADED, StreamState.LIVE]) {
    harness.stream.send({ case: "heartbeat", value: { state } });
  }
  await settled();
  assert.deepEqual(
    harness.states.map((now) => now.phase === "live" && now.degraded),
    [false, false, true, false],
  );
});

test("a resume token that the service refuses is forgotten", async () => {
  const storage = new FakeStorage();
  const harness = new Harness(storageResumeStore(storage, "alice"));
  await settled();
  harness.stream.open();
  await harness.fail();
  await harness.clock.pass(500);
  await harness.fail(refusal("ERROR_REASON_RESUME_TOKEN_INVALID", Code.InvalidArgument));
  await harness.clock.pass(1_000);
  assert.deepEqual(harness.tokens, ["", "s0.1", ""]);
  assert.equal(storageResumeStore(storage, "alice").load(), "");
});

test("a store that cannot take a token does not end the stream, which resumes all the same", async () => {
  const harness = new Harness({
    load: () => "",
    save: () => {
      throw new Error("the disk is full");
    },
  });
  await settled();
  harness.stream.open();
  await harness.fail();
  await harness.clock.pass(500);
  assert.deepEqual(harness.tokens, ["", "s0.1"]);
  assert.deepEqual(harness.warnings, ["a resume token could not be stored"]);
});

test("a refused user token is replaced once; a second refusal in a row ends it", async () => {
  const harness = new Harness();
  const refused = refusal("ERROR_REASON_TOKEN_EXPIRED", Code.Unauthenticated);
  await harness.fail(refused);
  await harness.clock.pass(1_000);
  harness.stream.open();
  await harness.fail(refused);
  await harness.clock.pass(1_000);
  assert.equal(harness.phase, "reconnecting");
  await harness.fail(refused);
  await assert.rejects(harness.run, { reason: "ERROR_REASON_TOKEN_EXPIRED" });
  assert.equal(harness.phase, "closed");
});

test("what no repetition changes ends it, with the failure", async () => {
  const harness = new Harness();
  await harness.fail(refusal("ERROR_REASON_USER_NOT_FOUND", Code.NotFound));
  await assert.rejects(harness.run, { reason: "ERROR_REASON_USER_NOT_FOUND" });
  assert.equal(harness.phase, "closed");
  assert.equal(harness.streams.length, 1);
});

test("a stream that was cut is resumed whatever its status", async () => {
  for (const code of [Code.Unavailable, Code.Unknown, Code.Internal, Code.Canceled, Code.Aborted]) {
    const harness = new Harness();
    await harness.fail(refusal("", code));
    await harness.clock.pass(1_000);
    assert.equal(harness.streams.length, 2, Code[code]);
  }
});

test("somebody who does not want to wait is not made to", async () => {
  const harness = new Harness();
  await harness.fail();
  harness.updates.reconnect();
  await settled();
  assert.equal(harness.streams.length, 2);
});

test("closing ends the stream, and its reader without an error", async () => {
  const harness = new Harness();
  await settled();
  harness.stream.open();
  await settled();
  harness.closing.abort();
  await harness.run;
  assert.equal(harness.phase, "closed");
  assert.deepEqual(harness.heard, ["FRESH"]);
  assert.ok(harness.stream.signal.aborted);
  assert.equal(harness.clock.wait, undefined);
});

test("closing ends a wait, too", async () => {
  const harness = new Harness();
  await harness.fail();
  harness.updates.close();
  await harness.run;
  assert.equal(harness.streams.length, 1);
  assert.equal(harness.clock.wait, undefined);
});

test("a reader that leaves ends the call", async () => {
  const streams: FakeStream[] = [];
  const updates = new UpdateStream(
    (token, signal) => {
      const stream = new FakeStream(token, signal);
      streams.push(stream);
      stream.open();
      return stream;
    },
    {},
    new FakeClock(),
    {},
  );
  for await (const event of updates) {
    assert.equal(event.type, "connected");
    break;
  }
  assert.ok(streams[0]?.signal.aborted);
  assert.deepEqual(updates.state, { phase: "closed" });
});

test("in callback form a listener is waited for, and its failure ends the stream", async () => {
  const stream = new FakeStream("", new AbortController().signal);
  stream.open();
  stream.send(update);
  const updates = new UpdateStream(() => stream, {}, new FakeClock(), {});
  const seen: string[] = [];
  const running = updates.run({
    connected: async () => {
      await settled();
      seen.push("connected");
    },
    update: () => {
      seen.push("update");
      throw new Error("the listener has failed");
    },
  });
  await assert.rejects(running, /the listener has failed/);
  assert.deepEqual(seen, ["connected", "update"]);
});
