// The product features on the generated stubs: see tests/scenario/effort/README.md.
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import type { Dialog } from "./gen/chat3/user/v1/dialog_pb.js";
import type { SubscribeUpdatesResponse } from "./gen/chat3/user/v1/update_calls_pb.js";
import { UserService } from "./gen/chat3/user/v1/user_service_pb.js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";

const [DEADLINE, PATIENCE, KEPT_IDS] = [15_000, 60_000, 1000];
const PASSING = [Code.Unavailable, Code.DeadlineExceeded];
const CUT = [Code.Unknown, Code.Internal, Code.Aborted, Code.Canceled];

class CallFailed extends Error {
  readonly reason: string;
  readonly fields: string[];

  constructor(error: ConnectError) {
    const reason = error.findDetails(ErrorInfoSchema)[0]?.reason ?? Code[error.code];
    super(reason);
    this.reason = reason;
    this.fields = (error.findDetails(BadRequestSchema)[0]?.fieldViolations ?? []).map(({ field }) => field);
  }
}

function passes(error: ConnectError): boolean {
  if (PASSING.includes(error.code) || error.findDetails(RetryInfoSchema).length > 0) return true;
  return CUT.includes(error.code) && error.findDetails(ErrorInfoSchema).length === 0;
}

function pause(failures: number, error: ConnectError): number {
  const wanted = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  if (wanted) return durationMs(wanted) * (1 + Math.random() / 2);
  return Math.random() * Math.min(30_000, 250 * 2 ** Math.min(failures, 10));
}

class ResumeFile {
  token: string;

  constructor(readonly path: string) {
    this.token = existsSync(path) ? readFileSync(path, "ascii").trim() : "";
  }

  save(token: string): void {
    writeFileSync(`${this.path}.new`, token);
    renameSync(`${this.path}.new`, this.path);
    this.token = token;
  }
}

const env = process.env;
const stub = createClient(
  UserService,
  createGrpcTransport({
    baseUrl: `http://${env.CHAT3_ADDRESS}`,
    // A connection that is dead is given up, and not only its streams.
    pingIntervalMs: 30_000,
    interceptors: [
      (next) => (request) => {
        request.header.set("x-api-key", env.CHAT3_API_KEY ?? "");
        request.header.set("x-tenant-id", env.CHAT3_TENANT ?? "");
        request.header.set("x-user-id", encodeURIComponent(env.CHAT3_USER ?? ""));
        return next(request);
      },
    ],
  }),
);

async function call<T>(attempt: (options: { timeoutMs: number }) => Promise<T>): Promise<T> {
  const giveUp = Date.now() + PATIENCE;
  for (let failures = 1; ; failures++) {
    try {
      return await attempt({ timeoutMs: DEADLINE });
    } catch (thrown) {
      const error = ConnectError.from(thrown);
      if (!passes(error) || Date.now() > giveUp) throw new CallFailed(error);
      await sleep(pause(failures, error));
    }
  }
}

async function dialogs(): Promise<Dialog[]> {
  const found: Dialog[] = [];
  let pageToken = "";
  do {
    const request = { pageSize: 100, pageToken };
    const page = await call((options) => stub.getUserDialogs(request, options));
    found.push(...page.dialogs);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return found;
}

async function send(dialogId: string, content: string): Promise<string> {
  const request = { dialogId, content, idempotencyKey: randomUUID() };
  const { message } = await call((options) => stub.sendMessage(request, options));
  return message?.messageId ?? "";
}

async function* updates(resume: ResumeFile): AsyncGenerator<SubscribeUpdatesResponse> {
  const seen = new Set<string>();
  for (let failures = 1; ; failures++) {
    let broken = new ConnectError("the stream ended without a status", Code.Unavailable);
    const closing = new AbortController();
    let silence = DEADLINE;
    let watchdog = setTimeout(() => closing.abort(), silence);
    try {
      const request = { resumeToken: resume.token };
      for await (const response of stub.subscribeUpdates(request, { signal: closing.signal })) {
        clearTimeout(watchdog);
        failures = 0;
        const { event } = response;
        if (event.case === "connectionEstablished" && event.value.heartbeatInterval) {
          silence = 2 * durationMs(event.value.heartbeatInterval);
        }
        const id = event.case === "update" ? event.value.updateId : "";
        if (!seen.has(id)) yield response;
        if (id) seen.add(id);
        for (const oldest of seen) {
          if (seen.size <= KEPT_IDS) break;
          seen.delete(oldest);
        }
        resume.save(response.resumeToken);
        watchdog = setTimeout(() => closing.abort(), silence);
      }
    } catch (thrown) {
      broken = ConnectError.from(thrown);
    } finally {
      clearTimeout(watchdog);
      closing.abort();
    }
    if (!passes(broken)) throw new CallFailed(broken);
    await sleep(pause(failures, broken));
  }
}

async function show(): Promise<string> {
  const found = await dialogs();
  for (const dialog of found) {
    console.log(`dialog ${dialog.dialogId}, ${dialog.membership?.unreadCount ?? 0} unread`);
  }
  return found[0]?.dialogId ?? "";
}

async function greet(): Promise<void> {
  const first = await show();
  console.log(`sent ${await send(first, "Hello")}`);
  try {
    await send("no-such-dialog", "Hello?");
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    console.log(`refused ${error.reason} ${error.fields.join(",")}`);
  }
}

const resume = new ResumeFile(process.argv[2] ?? "");
let fresh = !resume.token;
for await (const response of updates(resume)) {
  const { event } = response;
  if (event.case === "connectionEstablished" && fresh) {
    fresh = false;
    await greet();
  } else if (event.case === "gap") {
    await show();
  } else if (event.case === "update" && event.value.payload.case === "messageCreated") {
    console.log(`message ${event.value.payload.value.message?.content}`);
  }
}
