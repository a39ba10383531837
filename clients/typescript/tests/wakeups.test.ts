/** A network that is another one, a machine that slept, and waits that nothing answers. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import { Chat3Client } from "../src/client/user_client.js";
import { UpdateStream, type UpdatesOptions } from "../src/stream/update_stream.js";
import type { Wakeups } from "../src/stream/wakeups.js";
import { FakeClock, FakeStream, fakeTransport, refusal, settled } from "../src/testing.js";
import { pageWakeups } from "../src/web.js";

class Page {
  readonly clock = new FakeClock();
  readonly streams: FakeStream[] = [];
  readonly heard: string[] = [];
  readonly listening = new Set<(what: "online" | "awake") => void>();
  readonly updates: UpdateStream;
  readonly run: Promise<void>;

  constructor(options: UpdatesOptions = {}) {
    const wakeups: Wakeups = (wake) => {
      this.listening.add(wake);
      return () => this.listening.delete(wake);
    };
    const open = (token: string, signal: AbortSignal) => {
      const stream = new FakeStream(token, signal, `s${this.streams.length}`);
      this.streams.push(stream);
      return stream;
    };
    this.updates = new UpdateStream(open, options, this.clock, {}, wakeups);
    this.run = this.updates.run({
      connected: () => void this.heard.push("connected"),
      disconnected: ({ retryInMs }) => void this.heard.push(`disconnected ${retryInMs}`),
    });
  }

  async opened(): Promise<this> {
    await settled();
    this.streams.at(-1)?.open();
    await settled();
    return this;
  }

  async wake(what: "online" | "awake"): Promise<void> {
    for (const wake of this.listening) wake(what);
    await settled();
  }
}

test("in another network the stream is opened again at once, where it left off", async () => {
  const page = await new Page().opened();
  await page.wake("online");
  assert.deepEqual(page.heard, ["connected", "disconnected 0"]);
  assert.deepEqual(
    page.streams.map(({ resumeToken, signal }) => [resumeToken, signal.aborted]),
    [
      ["", true],
      ["s0.1", false],
    ],
  );
  page.updates.close();
  await page.run;
  assert.equal(page.listening.size, 0, "no listener is left");
});

test("a wait for the next attempt ends when the network is back, or somebody looks", async () => {
  for (const what of ["online", "awake"] as const) {
    const page = await new Page().opened();
    page.streams[0]?.fail();
    await settled();
    assert.equal(page.streams.length, 1);
    await page.wake(what);
    assert.equal(page.streams.length, 2, what);
    page.updates.close();
  }
});

test("a delay that the service asks for is cut short by nobody but the application", async () => {
  const page = await new Page().opened();
  const details = { retryDelayMs: 9_000 };
  page.streams[0]?.fail(refusal("ERROR_REASON_OVERLOADED", Code.ResourceExhausted, details));
  await settled();
  await page.wake("online");
  await page.wake("awake");
  assert.equal(page.streams.length, 1);
  page.updates.reconnect();
  await settled();
  assert.equal(page.streams.length, 2);
  page.updates.close();
});

test("a call that waits for its next attempt makes it when the network is back", async () => {
  const clock = new FakeClock();
  const failures = [refusal("", Code.Unavailable), refusal("", Code.Unavailable, { retryDelayMs: 9_000 })];
  const listening = new Set<() => void>();
  let attempts = 0;
  const transport = fakeTransport({
    user: {
      getMyself: () => {
        attempts += 1;
        const failure = failures.shift();
        if (failure) throw failure;
        return {};
      },
    },
  });
  const wakeups: Wakeups = (wake) => {
    const woken = (): void => wake("online");
    listening.add(woken);
    return () => listening.delete(woken);
  };
  const client = new Chat3Client({ transport, clock, wakeups, apiKey: "k", tenant: "t", user: "alice" });
  const call = client.getMyself({});
  for (let wakes = 0; wakes < 2; wakes++) {
    await settled();
    for (const woken of listening) woken();
  }
  await settled();
  assert.equal(attempts, 2, "the second delay is the service's own");
  await clock.pass(20_000);
  await call;
  assert.deepEqual([attempts, listening.size], [3, 0]);
});

test("a stream that was silent while the machine slept is lost as soon as it wakes", async () => {
  const page = await new Page().opened();
  await page.wake("awake");
  assert.equal(page.streams[0]?.signal.aborted, false, "a stream that lives is left alone");
  page.clock.jump(3_600_000);
  await page.wake("awake");
  assert.equal(page.streams[0]?.signal.aborted, true);
  page.updates.close();
});

test("a store that never answers for the token holds nothing for ever", async () => {
  let answer = (_: string): void => undefined;
  const loading = new Promise<string>((resolve) => {
    answer = resolve;
  });
  const page = new Page({ resume: { load: () => loading, save: () => undefined } });
  await page.clock.pass(20_000);
  assert.deepEqual(page.heard, ["disconnected 375"]);
  page.updates.close();
  await page.run;
  answer("late");
  await settled();
  assert.equal(page.streams.length, 0, "nothing is opened for nobody");
});

test("an iterator that is left while it waits ends at once", async () => {
  const streams: FakeStream[] = [];
  const open = (token: string, signal: AbortSignal) => {
    const stream = new FakeStream(token, signal);
    streams.push(stream);
    return stream;
  };
  const iterator = new UpdateStream(open, {}, new FakeClock(), {})[Symbol.asyncIterator]();
  const pending = iterator.next();
  await settled();
  assert.equal((await iterator.return()).done, true);
  assert.equal((await pending).done, true);
  assert.ok(streams[0]?.signal.aborted);
});

test("a page says when it is online again, and when it is shown again", () => {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
  const globals = globalThis as unknown as Record<string, unknown>;
  Object.assign(globals, { document, addEventListener: window.addEventListener.bind(window) });
  try {
    const told: string[] = [];
    const end = pageWakeups((what) => told.push(what));
    window.dispatchEvent(new Event("online"));
    document.dispatchEvent(new Event("visibilitychange"));
    document.visibilityState = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event("pageshow"));
    assert.deepEqual(told, ["online", "awake", "awake"]);
    end();
    window.dispatchEvent(new Event("online"));
    document.dispatchEvent(new Event("visibilitychange"));
    assert.equal(told.length, 3);
  } finally {
    delete globals.document;
    delete globals.addEventListener;
  }
});

test("where there is no page nothing is listened to", () => {
  pageWakeups(() => assert.fail("nothing happened"))();
});
