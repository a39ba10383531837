import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import { SignInRequiredError } from "../src/client/errors.js";
import { TokenIdentity } from "../src/client/identity.js";
import { Chat3Client } from "../src/client/user_client.js";
import { FakeClock, fakeTransport, refusal, settled } from "../src/testing.js";

const HOUR_MS = 3_600_000;

/** A back end that makes tokens `t1`, `t2` and so on, each good for an hour. */
class BackEnd {
  made = 0;
  failing = false;

  constructor(private readonly clock: FakeClock) {}

  readonly tokens = async () => {
    if (this.failing) throw new Error("the back end is away");
    this.made += 1;
    return { token: `t${this.made}`, expires: this.clock.now() + HOUR_MS };
  };
}

/** A client whose service takes the tokens that are named, and a list of those it got. */
function calling(backEnd: BackEnd, clock: FakeClock, taken: readonly string[]) {
  const got: string[] = [];
  const transport = fakeTransport({
    user: {
      getMyself: (_, { requestHeader }) => {
        const token = requestHeader.get("authorization")?.replace("Bearer ", "") ?? "";
        got.push(token);
        if (!taken.includes(token)) throw refusal("ERROR_REASON_TOKEN_INVALID", Code.Unauthenticated);
        return {};
      },
      subscribeUpdates: async function* (_, { requestHeader }) {
        got.push(requestHeader.get("authorization")?.replace("Bearer ", "") ?? "");
        yield {};
        throw refusal("ERROR_REASON_TOKEN_EXPIRED", Code.Unauthenticated);
      },
    },
  });
  return { client: new Chat3Client({ transport, tokens: backEnd.tokens, clock }), got };
}

test("one token serves all calls, and is replaced in the background after three quarters of its life", async () => {
  const clock = new FakeClock();
  const backEnd = new BackEnd(clock);
  const identity = new TokenIdentity(backEnd.tokens, clock);
  assert.deepEqual(await Promise.all([identity.token(), identity.token()]), ["t1", "t1"]);
  await clock.pass(0.74 * HOUR_MS);
  assert.equal(await identity.token(), "t1");
  await clock.pass(0.02 * HOUR_MS);
  assert.equal(await identity.token(), "t1", "nobody waits for the next token");
  await settled();
  assert.equal(await identity.token(), "t2");
  assert.equal(backEnd.made, 2);
});

test("while the back end is away the present token serves until it ends", async () => {
  const clock = new FakeClock();
  const backEnd = new BackEnd(clock);
  const identity = new TokenIdentity(backEnd.tokens, clock);
  await identity.token();
  backEnd.failing = true;
  await clock.pass(0.8 * HOUR_MS);
  assert.equal(await identity.token(), "t1");
  await settled();
  assert.equal(await identity.token(), "t1");
  await clock.pass(0.21 * HOUR_MS);
  await assert.rejects(identity.token(), /the back end is away/);
  backEnd.failing = false;
  assert.equal(await identity.token(), "t2");
});

test("a token that has ended by a wrong clock is used until the service refuses it", async () => {
  const clock = new FakeClock();
  let made = 0;
  const identity = new TokenIdentity(async () => {
    made += 1;
    return { token: `t${made}`, expires: clock.now() - HOUR_MS };
  }, clock);
  await identity.token();
  assert.equal(await identity.token(), "t1");
  identity.refused("t1");
  assert.equal(await identity.token(), "t2");
});

test("a source of tokens that never answers holds no call for ever", async () => {
  const clock = new FakeClock();
  const transport = fakeTransport({ user: { getMyself: () => ({}) } });
  let asked = 0;
  const tokens = () => {
    asked += 1;
    return new Promise<never>(() => undefined);
  };
  const client = new Chat3Client({ transport, tokens, clock, retryForMs: 20_000 });
  const refused = assert.rejects(client.getMyself({}), /has not answered/);
  await clock.pass(60_000);
  await refused;
  assert.equal(asked, 2);
  const closing = new AbortController();
  const aborted = assert.rejects(client.getMyself({}, { signal: closing.signal }), { status: "CANCELED" });
  await settled();
  closing.abort();
  await aborted;
});

test("a stream that waits for its token ends when it is closed", async () => {
  const clock = new FakeClock();
  const tokens = () => new Promise<never>(() => undefined);
  const client = new Chat3Client({ transport: fakeTransport({}), tokens, clock });
  const updates = client.updates();
  const reading = (async () => {
    for await (const event of updates) assert.equal(event.type, "disconnected");
  })();
  await settled();
  updates.close();
  await reading;
  assert.equal(updates.state.phase, "closed");
});

test("a call whose token was refused is made again with a new one", async () => {
  const clock = new FakeClock();
  const { client, got } = calling(new BackEnd(clock), clock, ["t2"]);
  await client.getMyself({});
  assert.deepEqual(got, ["t1", "t2"]);
});

test("calls whose token was refused at once share the new one", async () => {
  const clock = new FakeClock();
  const backEnd = new BackEnd(clock);
  const { client } = calling(backEnd, clock, ["t2"]);
  await Promise.all([client.getMyself({}), client.getMyself({}), client.getMyself({})]);
  assert.equal(backEnd.made, 2);
});

test("a token that is refused late does not take its successor away", async () => {
  const clock = new FakeClock();
  const backEnd = new BackEnd(clock);
  const identity = new TokenIdentity(backEnd.tokens, clock);
  const first = await identity.token();
  identity.refused(first);
  await identity.token();
  identity.refused(first);
  await identity.token();
  assert.equal(backEnd.made, 2);
});

test("a new token that is refused too is a failure", async () => {
  const clock = new FakeClock();
  const { client, got } = calling(new BackEnd(clock), clock, []);
  await assert.rejects(client.getMyself({}), {
    reason: "ERROR_REASON_TOKEN_INVALID",
    status: "UNAUTHENTICATED",
  });
  assert.deepEqual(got, ["t1", "t2"]);
});

test("a stream whose token has expired is opened again with a new one", async () => {
  const clock = new FakeClock();
  const { client, got } = calling(new BackEnd(clock), clock, []);
  for (let stream = 0; stream < 2; stream++) {
    await assert.rejects(
      async () => {
        for await (const response of client.rpc.subscribeUpdates({})) assert.ok(response);
      },
      { code: Code.Unauthenticated },
    );
  }
  assert.deepEqual(got, ["t1", "t2"]);
});

test("an API key names the tenant and the user, percent-encoded", async () => {
  const headers: Headers[] = [];
  const transport = fakeTransport({
    user: {
      getMyself: (_, { requestHeader }) => {
        headers.push(requestHeader);
        return {};
      },
    },
  });
  await new Chat3Client({ transport, apiKey: "k", tenant: "tnt_t", user: "jörg" }).getMyself({});
  const names = ["x-api-key", "x-tenant-id", "x-user-id", "authorization"];
  assert.deepEqual(
    names.map((name) => headers[0]?.get(name)),
    ["k", "tnt_t", "j%C3%B6rg", null],
  );
});

test("a token can be what the back end's answer in JSON is", async () => {
  const clock = new FakeClock();
  let made = 0;
  const identity = new TokenIdentity(async () => {
    made += 1;
    return JSON.parse(JSON.stringify({ token: `t${made}`, expires: new Date(clock.now() + HOUR_MS) }));
  }, clock);
  await identity.token();
  await clock.pass(0.8 * HOUR_MS);
  await identity.token();
  await settled();
  assert.equal(await identity.token(), "t2");
});

test("an answer without a token, or without its time, is a mistake that no repetition helps", async () => {
  for (const answer of [{ error: "not signed in" }, { token: "t" }, { token: "", expires: 1 }]) {
    let asked = 0;
    const tokens = async () => {
      asked += 1;
      return answer as { token: string; expires: string };
    };
    const client = new Chat3Client({ transport: fakeTransport({}), tokens, clock: new FakeClock() });
    await assert.rejects(client.getMyself({}), /without `token` or without a time/);
    assert.equal(asked, 1);
  }
});

test("when only the user can help, calls and streams end at once with what the source has thrown", async () => {
  let asked = 0;
  const tokens = async () => {
    asked += 1;
    throw new SignInRequiredError();
  };
  const client = new Chat3Client({ transport: fakeTransport({}), tokens, clock: new FakeClock() });
  await assert.rejects(client.getMyself({}), SignInRequiredError);
  await assert.rejects(
    client.updates().run({ disconnected: () => assert.fail("it is not opened again") }),
    SignInRequiredError,
  );
  assert.equal(asked, 2);
});
