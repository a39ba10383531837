/** Spans of calls, by the OpenTelemetry API; an optional peer of this package. */

import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import {
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";

const intoHeaders: TextMapSetter<Headers> = {
  set: (headers, name, value) => headers.set(name, value),
};

/**
 * An interceptor that makes a span of every attempt of a call and hands its context to the service. A
 * stream's span ends with the stream.
 */
export function tracing(): Interceptor {
  const tracer = trace.getTracer("@chat3/client");
  return (next) => async (request) => {
    const service = request.service.typeName;
    const method = request.method.name;
    const span = tracer.startSpan(`${service}/${method}`, {
      kind: SpanKind.CLIENT,
      attributes: { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method },
    });
    const within = trace.setSpan(context.active(), span);
    propagation.inject(within, request.header, intoHeaders);
    try {
      const response = await context.with(within, () => next(request));
      if (response.stream) return { ...response, message: followed(response.message, span, request.signal) };
      span.end();
      return response;
    } catch (error) {
      fail(span, error);
      throw error;
    }
  };
}

async function* followed<T>(messages: AsyncIterable<T>, span: Span, signal: AbortSignal): AsyncIterable<T> {
  // A reader that leaves aborts the call, and reads no more.
  const end = (): void => span.end();
  signal.addEventListener("abort", end, { once: true });
  try {
    yield* messages;
    if (span.isRecording()) span.end();
  } catch (error) {
    if (span.isRecording()) fail(span, error);
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function fail(span: Span, error: unknown): void {
  const { code, rawMessage } = ConnectError.from(error);
  span.setAttribute("rpc.grpc.status_code", code);
  // A stream that its reader has closed has not failed.
  if (code !== Code.Canceled) span.setStatus({ code: SpanStatusCode.ERROR, message: rawMessage });
  span.end();
}
