import assert from "node:assert/strict";
import { test } from "node:test";

import { Code, createRouterTransport } from "@connectrpc/connect";

import { Session } from "../src/client/session.js";
import { authorized, clientOf } from "../src/client/transport.js";
import { UserService } from "../src/gen/chat3/user/v1/user_service_pb.js";
import { FakeClock } from "./fakes.js";
import { refusal } from "./streams.js";

const HOUR_MS = 3_600_000;

function signedIn(clock: FakeClock) {
  let made = 0;
  const session = new Session(
    "alice",
    async () => {
      made += 1;
      return { token: `t${made}`, expires: clock.now() + HOUR_MS };
    },
    clock,
  );
  return { session, made: () => made };
}

/** A client whose service takes the tokens that are named, and a list of those it got. */
function calling(session: Session, taken: readonly string[]) {
  const got: string[] = [];
  const transport = createRouterTransport(
    ({ service }) =>
      service(UserService, {
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
      }),
    { transport: { interceptors: [authorized(session)] } },
  );
  return { client: clientOf(transport), got };
}

test("one token serves all calls until shortly before it expires", async () => {
  const clock = new FakeClock();
  const { session, made } = signedIn(clock);
  assert.deepEqual(await Promise.all([session.token(), session.token()]), ["t1", "t1"]);
  await clock.pass(HOUR_MS - 20_000);
  assert.equal(await session.token(), "t1");
  await clock.pass(10_000);
  assert.equal(await session.token(), "t2");
  assert.equal(made(), 2);
});

test("a call whose token was refused is made again with a new one", async () => {
  const { session } = signedIn(new FakeClock());
  const { client, got } = calling(session, ["t2"]);
  await client.getMyself({});
  assert.deepEqual(got, ["t1", "t2"]);
});

test("calls whose token was refused at once share the new one", async () => {
  const { session, made } = signedIn(new FakeClock());
  const { client } = calling(session, ["t2"]);
  await Promise.all([client.getMyself({}), client.getMyself({}), client.getMyself({})]);
  assert.equal(made(), 2);
});

test("a token that is refused late does not take its successor away", async () => {
  const { session, made } = signedIn(new FakeClock());
  const first = await session.token();
  session.refused(first);
  await session.token();
  session.refused(first);
  await session.token();
  assert.equal(made(), 2);
});

test("a new token that is refused too is a failure", async () => {
  const { session } = signedIn(new FakeClock());
  const { client, got } = calling(session, []);
  await assert.rejects(client.getMyself({}), { code: Code.Unauthenticated });
  assert.deepEqual(got, ["t1", "t2"]);
});

test("a sign-in that fails does not stand in the way of the next", async () => {
  let attempts = 0;
  const session = new Session(
    "alice",
    async () => {
      attempts += 1;
      if (attempts === 1) throw new Error("the back end is away");
      return { token: "t", expires: Number.POSITIVE_INFINITY };
    },
    new FakeClock(),
  );
  await assert.rejects(session.token());
  assert.equal(await session.token(), "t");
});

test("a stream whose token has expired is opened again with a new one", async () => {
  const { session } = signedIn(new FakeClock());
  const { client, got } = calling(session, []);
  for (let stream = 0; stream < 2; stream++) {
    await assert.rejects(
      async () => {
        for await (const response of client.subscribeUpdates({})) assert.ok(response);
      },
      { code: Code.Unauthenticated },
    );
  }
  assert.deepEqual(got, ["t1", "t2"]);
});
