import assert from "node:assert/strict";
import { test } from "node:test";

import { create } from "@bufbuild/protobuf";
import { Code, type ConnectError, type HandlerContext } from "@connectrpc/connect";

import { retryFor } from "../src/client/calls.js";
import { Chat3Error, hasReason } from "../src/client/errors.js";
import { Chat3Client } from "../src/client/user_client.js";
import {
  type SendMessageRequest,
  SendMessageRequestSchema,
} from "../src/gen/chat3/user/v1/message_calls_pb.js";
import { FakeClock, type FakeService, fakeTransport, refusal, settled } from "../src/testing.js";
import { DIALOG } from "./fakes.js";

const unavailable = () =>
  refusal("ERROR_REASON_UPSTREAM_UNAVAILABLE", Code.Unavailable, { retryDelayMs: 1_000 });

/** A service whose first answers are these failures; what it got, in order. */
class Failing {
  readonly clock = new FakeClock();
  readonly sent: SendMessageRequest[] = [];
  readonly contexts: HandlerContext[] = [];
  reads = 0;
  typed = 0;

  constructor(private readonly failures: ConnectError[]) {}

  client(options: { retryForMs?: number; timeoutMs?: number } = {}, service: FakeService = {}): Chat3Client {
    const fail = (): void => {
      const failure = this.failures.shift();
      if (failure !== undefined) throw failure;
    };
    const transport = fakeTransport({
      user: {
        sendMessage: (request, context) => {
          this.sent.push(request);
          this.contexts.push(context);
          fail();
          return { message: { messageId: `msg_${this.sent.length}` } };
        },
        getMyself: () => {
          this.reads += 1;
          fail();
          return {};
        },
        sendTypingIndicator: () => {
          this.typed += 1;
          fail();
          return {};
        },
        ...service.user,
      },
    });
    return new Chat3Client({
      transport,
      apiKey: "k",
      tenant: "t",
      user: "alice",
      clock: this.clock,
      ...options,
    });
  }
}

test("all attempts of one call have one idempotency key, and two calls have two", async () => {
  const service = new Failing([unavailable(), refusal("", Code.Internal)]);
  const client = service.client();
  const first = client.sendMessage({ dialogId: DIALOG, content: "one" });
  await service.clock.pass(5_000);
  await first;
  await client.sendMessage({ dialogId: DIALOG, content: "one" });
  const keys = service.sent.map(({ idempotencyKey }) => idempotencyKey);
  assert.equal(keys.length, 4);
  assert.equal(new Set(keys.slice(0, 3)).size, 1);
  assert.match(keys[0] ?? "", /^[0-9a-f]{32}$/);
  assert.notEqual(keys[3], keys[0]);
});

test("a key of the caller's is kept, and the caller's message is not changed", async () => {
  const service = new Failing([]);
  const client = service.client();
  await client.sendMessage({ dialogId: DIALOG, content: "one", idempotencyKey: "mine" });
  const message = create(SendMessageRequestSchema, { dialogId: DIALOG, content: "two" });
  await client.sendMessage(message);
  await client.sendMessage(message);
  const [own, second, third] = service.sent.map(({ idempotencyKey }) => idempotencyKey);
  assert.equal(own, "mine");
  assert.notEqual(second, third);
  assert.equal(message.idempotencyKey, "");
});

test("the delay that the service asks for is kept, with jitter on top", async () => {
  const service = new Failing([unavailable()]);
  service.clock.chance = 0;
  const call = service.client().getMyself({});
  await settled();
  assert.equal(service.clock.wait, 1_000);
  await service.clock.pass(1_000);
  await call;
  const jittered = new Failing([unavailable()]);
  jittered.clock.chance = 0.99;
  const other = jittered.client().getMyself({});
  await settled();
  assert.equal(jittered.clock.wait, 1_495);
  await jittered.clock.pass(2_000);
  await other;
});

test("what the service refuses for good is not repeated", async () => {
  for (const failure of [
    refusal("ERROR_REASON_NOT_A_MEMBER", Code.PermissionDenied),
    refusal("ERROR_REASON_INTERNAL", Code.Internal),
    refusal("ERROR_REASON_TOO_MANY_STREAMS", Code.ResourceExhausted),
    refusal("", Code.Unimplemented),
    refusal("", Code.Unauthenticated),
  ]) {
    const service = new Failing([failure]);
    await assert.rejects(service.client().getMyself({}), Chat3Error);
    assert.equal(service.reads, 1, Code[failure.code]);
  }
});

test("what may pass is repeated for as long as the client allows, and no longer", async () => {
  const failures = Array.from({ length: 100 }, () => refusal("", Code.Unavailable));
  const service = new Failing(failures);
  service.clock.chance = 0.5;
  const began = service.clock.now();
  const call = assert.rejects(service.client({ retryForMs: 10_000 }).getMyself({}), {
    status: "UNAVAILABLE",
  });
  await service.clock.pass(60_000);
  await call;
  // 375, 750, 1500, 3000 and 6000 ms: the last one would end after the time.
  assert.equal(service.reads, 5);
  assert.ok(service.clock.now() > began);
});

test("one call can be repeated for another time than the others, or not at all", async () => {
  const service = new Failing([unavailable()]);
  await assert.rejects(service.client().getMyself({}, { contextValues: retryFor(0) }));
  assert.equal(service.reads, 1);
});

test("a sign of typing is never repeated", async () => {
  const service = new Failing([unavailable()]);
  await assert.rejects(service.client().sendTypingIndicator({ dialogId: DIALOG }));
  assert.equal(service.typed, 1);
});

test("a call that is aborted while it waits ends at once, and is not repeated", async () => {
  const service = new Failing([unavailable()]);
  const closing = new AbortController();
  const call = assert.rejects(service.client().getMyself({}, { signal: closing.signal }), Chat3Error);
  await settled();
  closing.abort();
  await call;
  assert.equal(service.reads, 1);
  assert.equal(service.clock.wait, undefined);
});

test("a call has a deadline of fifteen seconds unless it or its client names another", async () => {
  const service = new Failing([]);
  await service.client().sendMessage({ dialogId: DIALOG });
  await service.client({ timeoutMs: 100_000 }).sendMessage({ dialogId: DIALOG });
  await service.client().sendMessage({ dialogId: DIALOG }, { timeoutMs: 40_000 });
  const left = service.contexts.map((context) => context.timeoutMs() ?? Number.NaN);
  const bounds = [
    { least: 0, most: 15_000 },
    { least: 40_000, most: 100_000 },
    { least: 15_000, most: 40_000 },
  ];
  for (const [place, { least, most }] of bounds.entries()) {
    const remaining = left[place] ?? Number.NaN;
    assert.ok(remaining > least && remaining <= most, `${remaining} of ${most}`);
  }
});

test("a request that cannot be encoded is the caller's fault and is not sent", async () => {
  const service = new Failing([]);
  const request = { dialogId: DIALOG, content: 7 as unknown as string };
  await assert.rejects(service.client().sendMessage(request), (error) => !(error instanceof Chat3Error));
  assert.equal(service.sent.length, 0);
});

test("a failure carries everything that the service said", async () => {
  const service = new Failing([
    refusal("ERROR_REASON_INVALID_FIELD", Code.InvalidArgument, {
      metadata: { field_count: "1" },
      fields: [{ field: "dialog_id", description: "must begin with dlg_" }],
      requestId: "r-1",
    }),
  ]);
  try {
    await service.client().sendMessage({ dialogId: "x", idempotencyKey: "k-1" });
    assert.fail("it did not fail");
  } catch (error) {
    assert.ok(hasReason(error, "ERROR_REASON_INVALID_FIELD", "ERROR_REASON_INVALID_METADATA"));
    assert.ok(!hasReason(error, "ERROR_REASON_NOT_A_MEMBER"));
    assert.equal(error.status, "INVALID_ARGUMENT");
    assert.deepEqual(error.metadata, { field_count: "1" });
    assert.deepEqual(error.fields, [{ field: "dialog_id", description: "must begin with dlg_" }]);
    assert.equal(error.requestId, "r-1");
    assert.equal(error.idempotencyKey, "k-1");
    assert.equal(error.retryDelayMs, undefined);
    assert.equal(error.transient, false);
    assert.equal(error.describe(), "refused · dialog_id: must begin with dlg_ · request r-1");
  }
});

test("raw headers and trailers can be reached", async () => {
  const service = new Failing([]);
  const client = service.client(
    {},
    {
      user: {
        getMyself: (_, context) => {
          context.responseHeader.set("x-of-header", "h");
          context.responseTrailer.set("x-request-id", "r-2");
          return {};
        },
      },
    },
  );
  const seen: (string | null)[] = [];
  await client.getMyself(
    {},
    {
      onHeader: (headers) => seen.push(headers.get("x-of-header")),
      onTrailer: (trailers) => seen.push(trailers.get("x-request-id")),
    },
  );
  assert.deepEqual(seen, ["h", "r-2"]);
});

test("a failure of a stream is typed, too", async () => {
  const transport = fakeTransport({
    user: {
      subscribeUpdates: async function* () {
        yield {};
        throw refusal("ERROR_REASON_STREAM_MAX_AGE", Code.Unavailable, { metadata: { resume_token: "t" } });
      },
    },
  });
  const client = new Chat3Client({ transport, apiKey: "k", tenant: "t", user: "alice" });
  await assert.rejects(
    async () => {
      for await (const response of client.rpc.subscribeUpdates({})) assert.ok(response);
    },
    { reason: "ERROR_REASON_STREAM_MAX_AGE", metadata: { resume_token: "t" } },
  );
});

test("a call that was given up says so, whatever its signal was aborted with", async () => {
  for (const reason of [
    undefined,
    new Error("the component is gone"),
    "gone",
    new DOMException("late", "TimeoutError"),
  ]) {
    const service = new Failing([unavailable()]);
    const closing = new AbortController();
    const request = { dialogId: DIALOG, idempotencyKey: "k-1" };
    const call = service.client().sendMessage(request, { signal: closing.signal });
    const refused = assert.rejects(call, { code: Code.Canceled, idempotencyKey: "k-1" });
    await settled();
    closing.abort(reason);
    await refused;
    const before = service.client().getMyself({}, { signal: AbortSignal.abort(reason) });
    await assert.rejects(before, { code: Code.Canceled });
  }
});

test("a clock that somebody sets makes no call wait longer or end earlier", async () => {
  for (const jump of [-3_600_000, 3_600_000]) {
    const service = new Failing(Array.from({ length: 100 }, () => refusal("", Code.Unavailable)));
    const call = assert.rejects(service.client({ retryForMs: 10_000 }).getMyself({}), Chat3Error);
    await settled();
    service.clock.jump(jump);
    await service.clock.pass(60_000);
    await call;
    assert.equal(service.reads, 5);
  }
});
