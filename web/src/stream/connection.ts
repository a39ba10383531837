/** What is known about the connection, in the words that the page shows it with. */
import type { GapReason, ResumeOutcome } from "../gen/chat3/user/v1/update_stream_pb.js";

export type Connection =
  /** The first stream is being opened. */
  | { readonly phase: "connecting" }
  /** Updates flow, or will when the service has its broker back (`degraded`). */
  | {
      readonly phase: "live";
      readonly outcome: ResumeOutcome;
      readonly gap?: GapReason;
      readonly degraded: boolean;
    }
  /** The stream was lost. `why` is for people. */
  | { readonly phase: "reconnecting"; readonly why: string }
  /** Nothing helps but signing in again. */
  | { readonly phase: "ended"; readonly why: string };
