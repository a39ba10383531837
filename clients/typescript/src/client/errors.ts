/** Failed calls, as one class: what went wrong is decided by reason and status code, never by text. */
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";

import type { ErrorReason } from "../gen/chat3/user/v1/error_reason_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.js";

/** The name of a reason as it is on the wire: `ERROR_REASON_NOT_A_MEMBER`. */
export type Reason = `ERROR_REASON_${keyof typeof ErrorReason}`;

/** A field of the request that breaks a rule. */
export interface FieldViolation {
  /** The path of the field in the contract, such as `dialog_id`. */
  readonly field: string;
  /** The rule, for people. */
  readonly description: string;
}

// Statuses with which a proxy, or something that is no Chat3 service, refuses a call for good.
const FINAL_CODES: readonly Code[] = [
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.PermissionDenied,
  Code.FailedPrecondition,
  Code.OutOfRange,
  Code.Unimplemented,
  Code.Unauthenticated,
];

const TOKEN_REASONS: readonly string[] = [
  "ERROR_REASON_TOKEN_EXPIRED",
  "ERROR_REASON_TOKEN_REVOKED",
  "ERROR_REASON_TOKEN_KEY_UNKNOWN",
  "ERROR_REASON_TOKEN_INVALID",
  "ERROR_REASON_TOKEN_NOT_YET_VALID",
] satisfies Reason[];

const RESUME_TOKEN_REASONS: readonly string[] = [
  "ERROR_REASON_RESUME_TOKEN_INVALID",
  "ERROR_REASON_RESUME_TOKEN_FOREIGN",
] satisfies Reason[];

export class Chat3Error extends Error {
  override readonly name: string = "Chat3Error";
  /** The status, as a number of connect's `Code`. */
  readonly code: Code;
  /** Why the service refused the call; empty when the failure is not the service's own. */
  readonly reason: Reason | (string & {}) | "";
  /** What the service adds to the reason, such as `dialog_id`: the metadata of its `ErrorInfo`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The fields of the request that break a rule. */
  readonly fields: readonly FieldViolation[];
  /** The delay in ms after which the service wants the call to be repeated. */
  readonly retryDelayMs: number | undefined;
  /** Names the call in the service's logs: put it into what you report. */
  readonly requestId: string | undefined;
  /** Response headers and trailers of the failed call, as they came. */
  readonly headers: Headers;
  /** The key of the mutation that failed: a later call with the same key writes nothing twice. */
  readonly idempotencyKey: string | undefined;
  /** What the transport threw, with all status details. */
  declare readonly cause: ConnectError;

  constructor(cause: ConnectError, idempotencyKey?: string) {
    super(cause.rawMessage, { cause });
    const info = cause.findDetails(ErrorInfoSchema)[0];
    const delay = cause.findDetails(RetryInfoSchema)[0]?.retryDelay;
    this.code = cause.code;
    this.reason = info?.reason ?? "";
    this.metadata = info?.metadata ?? {};
    this.fields = (cause.findDetails(BadRequestSchema)[0]?.fieldViolations ?? []).map(
      ({ field, description }) => ({ field, description }),
    );
    this.retryDelayMs = delay && durationMs(delay);
    this.requestId =
      cause.findDetails(RequestInfoSchema)[0]?.requestId || cause.metadata.get("x-request-id") || undefined;
    this.headers = cause.metadata;
    this.idempotencyKey = idempotencyKey;
  }

  /** Takes whatever a call threw. */
  static from(error: unknown, idempotencyKey?: string): Chat3Error {
    if (error instanceof Chat3Error) return error;
    return new Chat3Error(ConnectError.from(error), idempotencyKey);
  }

  /** The name of the status, such as `PERMISSION_DENIED`. */
  get status(): string {
    return (Code[this.code] ?? "Unknown").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  }

  /**
   * Whether the same call can succeed later. The service gives each failure of its own a reason, and a
   * delay where a repetition helps. A failure without a reason happened on the way to the service.
   */
  get transient(): boolean {
    if (this.retryDelayMs !== undefined) return true;
    if (this.reason === "") return !FINAL_CODES.includes(this.code);
    return this.code === Code.Unavailable || this.code === Code.DeadlineExceeded;
  }

  /** Whether the user token is what was refused: a new one helps. */
  get tokenRefused(): boolean {
    if (this.reason === "") return this.code === Code.Unauthenticated;
    return TOKEN_REASONS.includes(this.reason);
  }

  /** Whether the resume token is what was refused: a stream can begin without one. */
  get resumeTokenRefused(): boolean {
    return RESUME_TOKEN_REASONS.includes(this.reason);
  }

  /** Whether the failure has one of these reasons. */
  is(...reasons: Reason[]): boolean {
    return (reasons as string[]).includes(this.reason);
  }

  /** Status details of any type, by their generated schema. */
  findDetails<Desc extends DescMessage>(schema: Desc): MessageShape<Desc>[] {
    return this.cause.findDetails(schema);
  }

  /** The message with the broken rules and the request id: for a log, or for somebody to report. */
  describe(): string {
    const fields = this.fields.map(({ field, description }) => `${field}: ${description}`).join("; ");
    return [this.message, fields, this.requestId && `request ${this.requestId}`].filter(Boolean).join(" · ");
  }
}

/** For a source of tokens to throw: only the user can help, by signing in again. Nothing is repeated. */
export class SignInRequiredError extends Chat3Error {
  override readonly name = "SignInRequiredError";

  constructor(text = "the user has to sign in again") {
    super(new ConnectError(text, Code.Unauthenticated));
  }
}

/** Whether a call failed for one of these reasons. */
export function hasReason<R extends Reason>(
  error: unknown,
  ...reasons: R[]
): error is Chat3Error & { readonly reason: R } {
  return error instanceof Chat3Error && error.is(...reasons);
}

/** A call that its caller has given up: whatever `signal` was aborted with, the code is `Canceled`. */
export function aborted(signal: AbortSignal, idempotencyKey?: string): Chat3Error {
  const { rawMessage } = ConnectError.from(signal.reason);
  const cause = new ConnectError(rawMessage, Code.Canceled, undefined, undefined, signal.reason);
  return new Chat3Error(cause, idempotencyKey);
}

/** A failure that no status came with: a stream that ended, or a connection on which nothing is heard. */
export function connectionLost(text: string): Chat3Error {
  return new Chat3Error(new ConnectError(text, Code.Unavailable));
}
