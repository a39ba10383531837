/** What is known about the connection of a stream. */
import type { Chat3Error } from "../client/errors.js";
import type { GapReason, ResumeOutcome } from "../gen/chat3/user/v1/update_stream_pb.js";

export interface Live {
  readonly phase: "live";
  readonly outcome: ResumeOutcome;
  /** Why updates may be missing, after a gap on this connection. */
  readonly gap?: GapReason;
  /** The service has lost its broker: updates are late until it has it back. */
  readonly degraded: boolean;
}

export type ConnectionState =
  /** The first stream is being opened. */
  | { readonly phase: "connecting" }
  /** Updates flow. */
  | Live
  /** The stream was lost, or could not be opened: the next attempt is in `retryInMs`. */
  | {
      readonly phase: "reconnecting";
      readonly error: Chat3Error;
      readonly retryInMs: number;
      /** How many attempts in a row have failed, without a response in between. */
      readonly failures: number;
    }
  /** The stream is closed: because somebody closed it, or with what no repetition changes. */
  | { readonly phase: "closed"; readonly error?: Chat3Error };
