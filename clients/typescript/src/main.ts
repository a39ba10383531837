// An example client: it lists dialogs, sends a message, explains a failure and watches updates.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { durationMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import type { Dialog } from "./gen/chat3/user/v1/dialog_pb.js";
import type { Message } from "./gen/chat3/user/v1/message_pb.js";
import { type Update, UpdateKind } from "./gen/chat3/user/v1/update_pb.js";
import { GapReason, ReloadTarget, ResumeOutcome } from "./gen/chat3/user/v1/update_stream_pb.js";
import { UserService } from "./gen/chat3/user/v1/user_service_pb.js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";

type UserClient = Client<typeof UserService>;

const env = process.env;
const scheme = env.CHAT3_TLS ? "https" : "http";
const client = createClient(
  UserService,
  createGrpcTransport({
    baseUrl: `${scheme}://${env.CHAT3_ADDRESS || "127.0.0.1:50051"}`,
    interceptors: [
      // Identity travels in the metadata of every call; the user id percent-encoded.
      (next) => (request) => {
        request.header.set("x-api-key", env.CHAT3_API_KEY ?? "");
        request.header.set("x-tenant-id", env.CHAT3_TENANT || "tnt_default");
        request.header.set("x-user-id", encodeURIComponent(env.CHAT3_USER ?? ""));
        return next(request);
      },
    ],
  }),
);

// Lists the dialogs, writes into the first one, and shows what a failure looks like.
async function greet(client: UserClient): Promise<void> {
  const dialogs = await list(client);
  for (const dialog of dialogs) {
    const title = JSON.stringify(dialog.meta?.title ?? "");
    console.log(`dialog ${dialog.dialogId} ${title}, ${dialog.membership?.unreadCount ?? 0} unread`);
  }
  const first = dialogs[0];
  if (!first) return;
  const message = await send(client, first.dialogId, "Hello from TypeScript");
  console.log(`sent ${message?.messageId}`);
  try {
    await send(client, "no-such-dialog", "Hello?");
  } catch (error) {
    explain(ConnectError.from(error));
  }
}

// Reads all pages of the dialogs. A dialog that moves meanwhile can come twice.
async function list(client: UserClient): Promise<Dialog[]> {
  const dialogs: Dialog[] = [];
  let pageToken = "";
  do {
    const page = await client.getUserDialogs({ pageSize: 20, pageToken }, { timeoutMs: 10_000 });
    dialogs.push(...page.dialogs);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return dialogs;
}

// Writes a message once, however often it has to ask: every attempt carries the same key.
async function send(client: UserClient, dialogId: string, content: string): Promise<Message | undefined> {
  const request = { dialogId, content, idempotencyKey: randomUUID() };
  for (let attempt = 1; ; attempt++) {
    try {
      return (await client.sendMessage(request, { timeoutMs: 10_000 })).message;
    } catch (error) {
      const failure = ConnectError.from(error);
      if (attempt === 4 || failure.code !== Code.Unavailable) throw failure;
      await pause(attempt, failure);
    }
  }
}

// Prints updates until it has seen `count` of them, and opens the stream again where it broke.
async function watch(client: UserClient, count: number, opened: () => Promise<void>): Promise<void> {
  let resumeToken = "";
  let greeted = false;
  for (let failures = 1; ; failures++) {
    let failure = new ConnectError("the stream ended without a status", Code.Unavailable);
    const closing = new AbortController();
    try {
      for await (const response of client.subscribeUpdates({ resumeToken }, { signal: closing.signal })) {
        const { event } = response;
        if (event.case === "connectionEstablished") {
          console.log(`connected, ${ResumeOutcome[event.value.resumeOutcome]}`);
          if (!greeted) await opened();
          greeted = true;
        } else if (event.case === "update") {
          failures = 0;
          count--;
          show(event.value);
        } else if (event.case === "gap") {
          const reload = event.value.reload.map((target) => ReloadTarget[target]);
          console.log(`gap ${GapReason[event.value.reason]}: reload ${reload}`);
        }
        // After its response was dealt with: a crash shows one again and loses none.
        resumeToken = response.resumeToken;
        if (count === 0) return;
      }
    } catch (error) {
      failure = ConnectError.from(error);
    } finally {
      // Leaving the loop does not end the call.
      closing.abort();
    }
    const passing = failure.code === Code.Unavailable || failure.findDetails(RetryInfoSchema).length;
    if (!passing) throw failure;
    explain(failure);
    await pause(failures, failure);
  }
}

function show(update: Update): void {
  const { payload } = update;
  if (payload.case === "messageCreated") {
    console.log(`message ${payload.value.message?.senderId}: ${payload.value.message?.content}`);
  } else {
    console.log(`${UpdateKind[update.kind] ?? update.kind} ${update.dialogId ?? ""}`);
  }
}

// Waits as long as the service wants, or ever longer, with jitter.
async function pause(attempt: number, failure: ConnectError): Promise<void> {
  const wanted = failure.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const delay = wanted ? durationMs(wanted) : Math.min(30_000, 500 * 2 ** attempt);
  await sleep(delay * (1 + Math.random() / 2));
}

// Prints the reason of a failure, which code can rely on, and the fields that break a rule.
function explain(failure: ConnectError): void {
  const reason = failure.findDetails(ErrorInfoSchema)[0]?.reason ?? Code[failure.code];
  console.error(`${reason}: ${failure.rawMessage}`);
  for (const { field, description } of failure.findDetails(BadRequestSchema)[0]?.fieldViolations ?? []) {
    console.error(`  ${field}: ${description}`);
  }
}

try {
  // Everything that happens after the stream is open is on the stream: what is read then and what
  // comes later make a complete picture.
  await watch(client, Number(env.CHAT3_COUNT || -1), () => greet(client));
} catch (error) {
  explain(ConnectError.from(error));
  process.exitCode = 1;
}
