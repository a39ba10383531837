import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";

import type { FieldViolation, Reason } from "../client/errors.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.js";

export interface RefusalDetails {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fields?: readonly FieldViolation[];
  readonly retryDelayMs?: number;
  readonly requestId?: string;
}

/** A failure as the service makes it; with an empty reason, one that happened on the way to it. */
export function refusal(reason: Reason | "", code: Code, details: RefusalDetails = {}): ConnectError {
  const { metadata = {}, fields = [], retryDelayMs, requestId } = details;
  const info = { desc: ErrorInfoSchema, value: { reason, domain: "chat3.user", metadata } };
  const broken = {
    desc: BadRequestSchema,
    value: { fieldViolations: fields.map((field) => ({ ...field })) },
  };
  const delay = { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(retryDelayMs ?? 0) } };
  const request = { desc: RequestInfoSchema, value: { requestId: requestId ?? "" } };
  return new ConnectError("refused", code, undefined, [
    ...(reason === "" ? [] : [info]),
    ...(fields.length === 0 ? [] : [broken]),
    ...(retryDelayMs === undefined ? [] : [delay]),
    ...(requestId === undefined ? [] : [request]),
  ]);
}
