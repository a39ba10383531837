import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";
import {
  type Context,
  propagation,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  trace,
} from "@opentelemetry/api";

import { Chat3Client } from "../src/client/user_client.js";
import { tracing } from "../src/opentelemetry.js";
import { FakeClock, fakeTransport, refusal } from "../src/testing.js";

interface Recorded {
  readonly name: string;
  readonly options: SpanOptions;
  status?: SpanStatusCode;
  ends: number;
}

const spans: Recorded[] = [];

/** A tracer that notes what is made of it. */
const tracer = {
  startSpan(name: string, options: SpanOptions = {}): Span {
    const recorded: Recorded = { name, options, ends: 0 };
    spans.push(recorded);
    const span = {
      spanContext: () => ({ traceId: "t".repeat(32), spanId: "s".repeat(16), traceFlags: 1 }),
      setAttribute: () => span,
      setStatus: ({ code }: { code: SpanStatusCode }) => {
        recorded.status = code;
        return span;
      },
      isRecording: () => recorded.ends === 0,
      end: () => {
        recorded.ends += 1;
      },
    };
    return span as unknown as Span;
  },
} as unknown as Tracer;

const propagator: TextMapPropagator = {
  inject: (context: Context, carrier, setter) => {
    const span = trace.getSpan(context);
    if (span) setter.set(carrier, "traceparent", span.spanContext().traceId);
  },
  extract: (context) => context,
  fields: () => ["traceparent"],
};

trace.setGlobalTracerProvider({ getTracer: () => tracer });
propagation.setGlobalPropagator(propagator);

function traced() {
  const parents: (string | null)[] = [];
  const failures = [refusal("ERROR_REASON_OVERLOADED", Code.Unavailable, { retryDelayMs: 100 })];
  const transport = fakeTransport({
    interceptors: [tracing()],
    user: {
      getMyself: (_, { requestHeader }) => {
        parents.push(requestHeader.get("traceparent"));
        const failure = failures.shift();
        if (failure) throw failure;
        return {};
      },
      subscribeUpdates: async function* () {
        yield { event: { case: "connectionEstablished", value: {} } };
        yield {};
      },
    },
  });
  const clock = new FakeClock();
  spans.length = 0;
  const client = new Chat3Client({ transport, apiKey: "k", tenant: "t", user: "alice", clock });
  return { client, clock, parents };
}

test("every attempt of a call is a span, whose context goes to the service", async () => {
  const { client, clock, parents } = traced();
  const call = client.getMyself({});
  await clock.pass(1_000);
  await call;
  assert.deepEqual(
    spans.map(({ name, status, ends }) => [name, status, ends]),
    [
      ["chat3.user.v1.UserService/GetMyself", SpanStatusCode.ERROR, 1],
      ["chat3.user.v1.UserService/GetMyself", undefined, 1],
    ],
  );
  assert.equal(spans[0]?.options.kind, SpanKind.CLIENT);
  assert.deepEqual(parents, ["t".repeat(32), "t".repeat(32)]);
});

test("the span of a stream ends with the stream, or when its reader leaves", async () => {
  const { client } = traced();
  for await (const response of client.rpc.subscribeUpdates({})) {
    assert.ok(response);
    assert.equal(spans[0]?.ends, 0);
  }
  for await (const event of client.updates()) {
    assert.equal(event.type, "connected");
    break;
  }
  assert.deepEqual(
    spans.map(({ ends, status }) => [ends, status]),
    [
      [1, undefined],
      [1, undefined],
    ],
  );
});
