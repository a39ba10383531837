// The product features with the library: see tests/scenario/effort/README.md.
import { existsSync } from "node:fs";

import { Chat3Client, Chat3Error, fileResumeStore } from "@chat3/client";

const env = process.env;
const client = new Chat3Client({
  address: env.CHAT3_ADDRESS ?? "",
  apiKey: env.CHAT3_API_KEY ?? "",
  tenant: env.CHAT3_TENANT ?? "",
  user: env.CHAT3_USER ?? "",
});

async function show(): Promise<string> {
  let first = "";
  for await (const dialog of client.dialogs()) {
    first ||= dialog.dialogId;
    console.log(`dialog ${dialog.dialogId}, ${dialog.membership?.unreadCount ?? 0} unread`);
  }
  return first;
}

async function greet(): Promise<void> {
  const { message } = await client.sendMessage({ dialogId: await show(), content: "Hello" });
  console.log(`sent ${message?.messageId}`);
  try {
    await client.sendMessage({ dialogId: "no-such-dialog", content: "Hello?" });
  } catch (error) {
    const { reason, fields } = Chat3Error.from(error);
    console.log(`refused ${reason} ${fields.map(({ field }) => field).join(",")}`);
  }
}

const file = process.argv[2] ?? "";
let fresh = !existsSync(file);
for await (const event of client.updates({ resume: fileResumeStore(file) })) {
  if (event.type === "connected" && fresh) {
    fresh = false;
    await greet();
  } else if (event.type === "gap") {
    await show();
  } else if (event.type === "update" && event.update.payload.case === "messageCreated") {
    console.log(`message ${event.update.payload.value.message?.content}`);
  }
}
