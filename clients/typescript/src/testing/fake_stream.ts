/** Streams that a test feeds. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";

import {
  type SubscribeUpdatesResponse,
  SubscribeUpdatesResponseSchema,
} from "../gen/chat3/user/v1/update_calls_pb.js";
import { ResumeOutcome } from "../gen/chat3/user/v1/update_stream_pb.js";
import { refusal } from "./refusal.js";

export type FakeEvent = NonNullable<MessageInitShape<typeof SubscribeUpdatesResponseSchema>["event"]>;

/** One stream: what is put into it comes out, until it fails or is aborted. */
export class FakeStream implements AsyncIterable<SubscribeUpdatesResponse> {
  #queue: (SubscribeUpdatesResponse | Error)[] = [];
  #wake: () => void = () => undefined;
  #sent = 0;

  constructor(
    readonly resumeToken: string,
    readonly signal: AbortSignal,
    readonly name = "stream",
  ) {
    signal.addEventListener("abort", () => this.#put(new ConnectError("aborted", Code.Canceled)));
  }

  /** Sends an event under the next token: `<name>.1`, `<name>.2` and so on. */
  send(event: FakeEvent): void {
    this.#sent += 1;
    this.#put(create(SubscribeUpdatesResponseSchema, { resumeToken: `${this.name}.${this.#sent}`, event }));
  }

  /** Sends the first response of a stream. */
  open(resumeOutcome = ResumeOutcome.FRESH, heartbeatSeconds = 10): void {
    const heartbeatInterval = durationFromMs(1000 * heartbeatSeconds);
    this.send({
      case: "connectionEstablished",
      value: { connectionId: "c", heartbeatInterval, resumeOutcome },
    });
  }

  /** Ends the stream: without an error it is a lost connection. */
  fail(error: Error = refusal("", Code.Unavailable)): void {
    this.#put(error);
  }

  #put(item: SubscribeUpdatesResponse | Error): void {
    this.#queue.push(item);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SubscribeUpdatesResponse, void, undefined> {
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
