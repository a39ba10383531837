// An example client: it lists dialogs, sends a message, explains a failure and watches updates.

import type { Update } from "@chat3/client";
import { Chat3Client, Chat3Error, GapReason, ReloadTarget, ResumeOutcome, UpdateKind } from "@chat3/client";

const env = process.env;
const client = new Chat3Client({
  address: env.CHAT3_ADDRESS || "127.0.0.1:50051",
  tls: Boolean(env.CHAT3_TLS),
  apiKey: env.CHAT3_API_KEY ?? "",
  tenant: env.CHAT3_TENANT || "tnt_default",
  user: env.CHAT3_USER ?? "",
});

// Lists the dialogs, writes into the first one, and shows what a failure looks like.
async function greet(): Promise<void> {
  let first: string | undefined;
  for await (const dialog of client.dialogs({ pageSize: 20 })) {
    first ??= dialog.dialogId;
    const title = JSON.stringify(dialog.title ?? "");
    console.log(`dialog ${dialog.dialogId} ${title}, ${dialog.membership?.unreadCount ?? 0} unread`);
  }
  if (first === undefined) return;
  const { message } = await client.sendMessage({ dialogId: first, content: "Hello from TypeScript" });
  console.log(`sent ${message?.messageId}`);
  await client.sendMessage({ dialogId: "no-such-dialog", content: "Hello?" }).catch(explain);
}

// Prints updates until it has seen `count` of them.
async function watch(count: number): Promise<void> {
  let greeted = false;
  for await (const event of client.updates()) {
    if (event.type === "connected") {
      console.log(`connected, ${ResumeOutcome[event.outcome]}`);
      // Everything that happens after the stream is open is on the stream: what is read now and what
      // comes later make a complete picture.
      if (!greeted) await greet();
      greeted = true;
    } else if (event.type === "update") {
      show(event.update);
      count -= 1;
      if (count === 0) return;
    } else if (event.type === "gap") {
      const reload = event.gap.reload.map((target) => ReloadTarget[target]);
      console.log(`gap ${GapReason[event.gap.reason]}: reload ${reload}`);
    } else {
      explain(event.error);
    }
  }
}

function show({ kind, payload, dialogId = "" }: Update): void {
  if (payload.case === "messageCreated") {
    console.log(`message ${payload.value.message?.senderId}: ${payload.value.message?.content}`);
  } else {
    console.log(`${UpdateKind[kind] ?? kind} ${dialogId}`);
  }
}

// Prints the reason of a failure, which code can rely on, and the fields that break a rule.
function explain(error: unknown): void {
  const { reason, status, message, fields } = Chat3Error.from(error);
  console.error(`${reason || status}: ${message}`);
  for (const { field, description } of fields) console.error(`  ${field}: ${description}`);
}

try {
  await watch(Number(env.CHAT3_COUNT || -1));
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
