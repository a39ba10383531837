/** Streams that a test feeds, and failures as the service makes them. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { SubscribeUpdatesResponse } from "../src/gen/chat3/user/v1/update_calls_pb.js";
import { SubscribeUpdatesResponseSchema } from "../src/gen/chat3/user/v1/update_calls_pb.js";
import { ResumeOutcome } from "../src/gen/chat3/user/v1/update_stream_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";

type Event = NonNullable<MessageInitShape<typeof SubscribeUpdatesResponseSchema>["event"]>;

/** One stream: what is put into it comes out, until it fails or is aborted. */
export class FedStream implements AsyncIterable<SubscribeUpdatesResponse> {
  #queue: (SubscribeUpdatesResponse | Error)[] = [];
  #wake: () => void = () => undefined;
  #sent = 0;

  constructor(
    readonly resumeToken: string,
    readonly signal: AbortSignal,
    readonly name: string,
  ) {
    signal.addEventListener("abort", () => this.#put(new ConnectError("aborted", Code.Canceled)));
  }

  /** Sends an event under the next token: `<name>.1`, `<name>.2` and so on. */
  send(event: Event): void {
    this.#sent += 1;
    this.#put(create(SubscribeUpdatesResponseSchema, { resumeToken: `${this.name}.${this.#sent}`, event }));
  }

  open(resumeOutcome = ResumeOutcome.FRESH, heartbeatSeconds = 10): void {
    const heartbeatInterval = { seconds: BigInt(heartbeatSeconds), nanos: 0 };
    this.send({
      case: "connectionEstablished",
      value: { connectionId: "c", heartbeatInterval, resumeOutcome },
    });
  }

  fail(error: Error = refusal("", Code.Unavailable)): void {
    this.#put(error);
  }

  #put(item: SubscribeUpdatesResponse | Error): void {
    this.#queue.push(item);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<SubscribeUpdatesResponse> {
    for (;;) {
      const next = this.#queue.shift();
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

/** A failure with the reason that the service gives it; without one it comes of the way to it. */
export function refusal(reason: string, code: Code, retrySeconds?: number): ConnectError {
  const details = reason === "" ? [] : [{ desc: ErrorInfoSchema, value: { reason, domain: "chat3.user" } }];
  const delay = {
    desc: RetryInfoSchema,
    value: { retryDelay: { seconds: BigInt(retrySeconds ?? 0), nanos: 0 } },
  };
  return new ConnectError(
    "refused",
    code,
    undefined,
    retrySeconds === undefined ? details : [...details, delay],
  );
}
