/** What every call has: an identity, a deadline, an idempotency key, repetitions, and typed failures. */
import {
  clone,
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import {
  type ContextValues,
  createContextKey,
  createContextValues,
  type StreamResponse,
  type Transport,
  type UnaryResponse,
} from "@connectrpc/connect";

import type { Wakeups } from "../stream/wakeups.js";
import { type Clock, unlessAborted } from "./clock.js";
import { Chat3Error } from "./errors.js";
import type { Identity } from "./identity.js";
import { newKey } from "./keys.js";
import type { Logger } from "./logger.js";
import { withRetries } from "./retry.js";

export interface CallSettings {
  readonly identity: Identity;
  /** The deadline of one attempt in ms, for calls that name none. */
  readonly timeoutMs: number;
  /** For how long after its beginning a call is repeated, in ms, where a call names nothing else. */
  readonly retryForMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wakeups: Wakeups;
}

const retryForKey = createContextKey<number | undefined>(undefined, { description: "retryForMs" });

/** For one call: how long it is repeated, as `contextValues` of its options. 0 is one attempt. */
export function retryFor(ms: number): ContextValues {
  return createContextValues().set(retryForKey, ms);
}

// A sign of typing that is late is worth nothing.
const NEVER_REPEATED: readonly string[] = ["SendTypingIndicator"];

/**
 * A transport whose unary calls end in time and are repeated when that helps and harms nothing. Streams
 * get an identity and typed failures only: they have no deadline, and whoever reads them reopens them.
 */
export function reliable(transport: Transport, settings: CallSettings): Transport {
  return { unary: unaryBy(transport, settings), stream: streamBy(transport, settings) };
}

function unaryBy(transport: Transport, settings: CallSettings): Transport["unary"] {
  const { identity, clock, logger, wakeups } = settings;
  return async function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersInit | undefined,
    input: MessageInitShape<I>,
    contextValues?: ContextValues,
  ): Promise<UnaryResponse<I, O>> {
    const { message, key } = keyed(method, input);
    // What cannot be encoded is a fault of the caller: it is thrown as it is, and never repeated.
    toBinary(method.input, message);
    let renewed = false;
    const attempt = async (): Promise<UnaryResponse<I, O>> => {
      for (;;) {
        let proof = "";
        try {
          const headers = new Headers(header);
          proof = await unlessAborted(identity.prove(headers), signal);
          const deadline = timeoutMs ?? settings.timeoutMs;
          return await transport.unary(method, signal, deadline, headers, message, contextValues);
        } catch (error) {
          const failure = Chat3Error.from(error, key);
          if (!failure.tokenRefused || proof === "" || !identity.refused(proof) || renewed) throw failure;
          renewed = true;
        }
      }
    };
    return withRetries(
      {
        forMs: isRepeatable(method, key) ? (contextValues?.get(retryForKey) ?? settings.retryForMs) : 0,
        signal,
        clock,
        wakeups,
        failed: ({ reason, code, requestId }, delayMs) =>
          logger.info?.("a call is repeated", { method: method.name, reason, code, requestId, delayMs }),
      },
      attempt,
    );
  };
}

function streamBy(transport: Transport, settings: CallSettings): Transport["stream"] {
  const { identity } = settings;
  return async function stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersInit | undefined,
    input: AsyncIterable<MessageInitShape<I>>,
    contextValues?: ContextValues,
  ): Promise<StreamResponse<I, O>> {
    let proof = "";
    const failed = (error: unknown): Chat3Error => {
      const failure = Chat3Error.from(error);
      if (failure.tokenRefused) identity.refused(proof);
      return failure;
    };
    // A stream says why it is refused where its messages end, be it at the beginning or later.
    async function* typed(messages: AsyncIterable<MessageShape<O>>): AsyncIterable<MessageShape<O>> {
      try {
        yield* messages;
      } catch (error) {
        throw failed(error);
      }
    }
    try {
      const headers = new Headers(header);
      proof = await unlessAborted(identity.prove(headers), signal);
      const response = await transport.stream(method, signal, timeoutMs, headers, input, contextValues);
      return { ...response, message: typed(response.message) };
    } catch (error) {
      throw failed(error);
    }
  };
}

/** Gives a mutation a key unless it has one. The caller's own message stays as it is. */
function keyed<I extends DescMessage>(
  method: DescMethod & { readonly input: I },
  input: MessageInitShape<I>,
): { message: MessageShape<I>; key: string | undefined } {
  const message = create(method.input, input);
  if (method.input.field.idempotencyKey === undefined) return { message, key: undefined };
  const own = (message as { idempotencyKey?: string }).idempotencyKey;
  if (own) return { message, key: own };
  const key = newKey();
  return { message: Object.assign(clone(method.input, message), { idempotencyKey: key }), key };
}

function isRepeatable(method: DescMethod, key: string | undefined): boolean {
  if (NEVER_REPEATED.includes(method.name)) return false;
  return key !== undefined || method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
}
