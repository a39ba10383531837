/** What a failed call means for the one who made it: decided by code and reason, never by text. */
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";

import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.js";

export interface Failure {
  readonly code: Code;
  /** The name of an `ErrorReason`; empty when the failure is not the service's own. */
  readonly reason: string;
  /** What to show. */
  readonly text: string;
  /** Whether the same call can succeed later. */
  readonly transient: boolean;
  /** The delay in ms that the service asked for. */
  readonly retryAfter?: number;
}

export function failureOf(error: unknown): Failure {
  const failure = ConnectError.from(error);
  const reason = failure.findDetails(ErrorInfoSchema)[0]?.reason ?? "";
  const delay = failure.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code: failure.code,
    reason,
    text: textOf(failure),
    // The service gives every failure of its own a reason. One without any comes of the way to it: a
    // refused connection, a proxy, a response that was cut off.
    transient:
      reason === "" ||
      delay !== undefined ||
      failure.code === Code.Unavailable ||
      failure.code === Code.DeadlineExceeded,
    ...(delay === undefined ? {} : { retryAfter: durationMs(delay) }),
  };
}

/** Whether the token is what was wrong. */
export function isUnauthenticated(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unauthenticated;
}

function textOf(failure: ConnectError): string {
  const fields = failure.findDetails(BadRequestSchema)[0]?.fieldViolations ?? [];
  const request = failure.findDetails(RequestInfoSchema)[0]?.requestId;
  const details = fields.map(({ field, description }) => `${field}: ${description}`).join("; ");
  return [failure.rawMessage, details, request && `request ${request}`].filter(Boolean).join(" · ");
}
