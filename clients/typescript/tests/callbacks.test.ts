/** What the application's own callbacks throw, and when they are called no more. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import { SignInRequiredError } from "../src/client/errors.js";
import { Chat3Client } from "../src/client/user_client.js";
import { Chat3GrpcClient } from "../src/legacy.js";
import { FakeClock, FakeStream, fakeTransport, refusal, settled } from "../src/testing.js";

const update = { case: "update", value: {} } as const;
const thrown = (): never => {
  throw new Error("the application has failed");
};

/** A client of a service with nothing in it but streams. */
function streaming(refused?: Error) {
  const streams: FakeStream[] = [];
  const clock = new FakeClock();
  const transport = fakeTransport({
    user: {
      getMyself: () => ({}),
      getUserDialogs: () => ({}),
      subscribeUpdates: ({ resumeToken }, { signal }) => {
        if (refused) throw refused;
        const stream = new FakeStream(resumeToken, signal, `s${streams.length}`);
        streams.push(stream);
        stream.open();
        return stream;
      },
    },
  });
  const client = new Chat3Client({ transport, clock, apiKey: "k", tenant: "t", user: "alice" });
  return { client, transport, streams, clock };
}

test("a stream outlives who is told of its state", async (t) => {
  const reported = t.mock.method(console, "error", () => undefined);
  const { client, streams } = streaming();
  const heard: string[] = [];
  const end = client.subscribe(
    { connected: () => void heard.push("connected"), update: () => void heard.push("update") },
    { onState: thrown },
  );
  await settled();
  streams[0]?.send(update);
  await settled();
  end();
  await settled();
  assert.deepEqual(heard, ["connected", "update"]);
  assert.equal(streams.length, 1);
  assert.equal(reported.mock.callCount(), 3);
});

test("no rejection is left over when the application fails while it is told of a failure", async (t) => {
  const reported = t.mock.method(console, "error", () => undefined);
  const refused = refusal("ERROR_REASON_USER_NOT_FOUND", Code.NotFound);
  const { client, transport } = streaming(refused);
  client.subscribe({ failed: thrown });
  client.subscribe({ failed: async () => thrown() });
  client.subscribe({});
  const old = { url: "x", apiKey: "k", tenantId: "t", userId: "alice", transport };
  new Chat3GrpcClient({ ...old, onError: thrown }).subscribeUpdates(() => undefined);
  await settled();
  const texts = reported.mock.calls.map(({ arguments: [error] }) => String(error));
  assert.equal(texts.filter((text) => /the application has failed/.test(text)).length, 3);
  assert.equal(texts.filter((text) => /refused/.test(text)).length, 1, "whom nobody tells is told by this");
});

test("a store that cannot read tells it, whatever becomes of that", async (t) => {
  const reported = t.mock.method(console, "error", () => undefined);
  const { client, streams } = streaming();
  const live = client.liveStore({ onFailure: thrown }).start();
  live.show("dlg_aaaaaaaaaaaaaaaaaaaa");
  await settled();
  assert.equal(streams.length, 1);
  assert.equal(reported.mock.callCount(), 2, "the dialog and its messages");
  await assert.rejects(live.ready(), { status: "UNIMPLEMENTED" });
  await live.older("dlg_aaaaaaaaaaaaaaaaaaaa");
  await live.moreDialogs();
  await live.close();
});

test("a store whose listener has failed is not silently an old one", async () => {
  const { client, streams } = streaming();
  const live = client.liveStore({ listener: { update: thrown } });
  await live.ready();
  streams[0]?.send(update);
  await settled();
  const { value } = live.state;
  assert.equal(value.phase, "closed");
  assert.match(String(value.phase === "closed" && value.error), /the application has failed/);
});

test("a store ends when the tokens are those of another user, or there are none any more", async () => {
  for (const tokens of [
    async () => ({ token: "of bob", expires: Number.POSITIVE_INFINITY }),
    async () => {
      throw new SignInRequiredError();
    },
  ]) {
    const transport = fakeTransport({
      user: {
        getMyself: () => ({ user: { userId: "bob" } }),
        getUserDialogs: () => ({}),
        subscribeUpdates: (_, { signal }) => {
          const stream = new FakeStream("", signal);
          stream.open();
          return stream;
        },
      },
    });
    const client = new Chat3Client({ transport, tokens, clock: new FakeClock(), user: "alice" });
    const live = client.liveStore();
    await assert.rejects(live.ready(), SignInRequiredError);
    await live.close();
    const { value } = live.state;
    assert.ok(value.phase === "closed" && value.error instanceof SignInRequiredError);
  }
});

test("a store that is closed before it is ready does not pretend to be", async () => {
  const { client } = streaming();
  const live = client.liveStore();
  const ready = live.ready();
  await live.close();
  await assert.rejects(ready, { status: "CANCELED" });
});

test("nobody is told anything after unsubscribing, however far an update has come", async () => {
  const tries = Array.from({ length: 150 }, (_, turns) => ({ turns, told: 0, old: 0, ...streaming() }));
  const ends = tries.map((each) => {
    const { client, transport } = each;
    const old = new Chat3GrpcClient({ url: "x", apiKey: "k", tenantId: "t", userId: "alice", transport });
    const end = client.subscribe({
      update: () => {
        each.told += 1;
      },
    });
    const endOld = old.subscribeUpdates(({ event_type }) => {
      if (event_type === "") each.old += 1;
    });
    return () => {
      end();
      endOld();
    };
  });
  await settled();
  const before = await Promise.all(
    tries.map(async (each, place) => {
      for (const stream of each.streams) stream.send(update);
      for (let turn = 0; turn < each.turns; turn++) await undefined;
      ends[place]?.();
      return [each.told, each.old];
    }),
  );
  await settled();
  assert.deepEqual(
    tries.map(({ told, old }) => [told, old]),
    before,
  );
  assert.deepEqual(
    [before[0], before.at(-1)],
    [
      [0, 0],
      [1, 1],
    ],
  );
});

test("closing the old client ends all of its streams", async () => {
  const { streams, transport } = streaming();
  const old = new Chat3GrpcClient({ url: "x", apiKey: "k", tenantId: "t", transport });
  old.subscribeUpdates(() => undefined, "alice");
  const others = old.subscribeUpdates("bob")[Symbol.asyncIterator]();
  await others.next();
  await settled();
  const pending = others.next();
  old.close();
  assert.equal((await pending).done, true);
  await settled();
  assert.deepEqual(
    streams.map(({ signal }) => signal.aborted),
    [true, true],
  );
});
