/**
 * Three users do things at random while the connection of one of them is cut; her live store has to equal
 * fresh snapshots in the end. Prints what was done; exits with 1 when the two differ.
 */
import assert from "node:assert/strict";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import {
  Chat3Client,
  Chat3Error,
  type Dialog,
  type Message,
  MessageSchema,
  MessageStatus,
  ReactionAction,
  TenantClient,
  toArray,
  toJson,
} from "@chat3/client";

const { CHAT3_ADDRESS: address = "", SEED = "1", DEEDS = "120" } = process.env;
const account = { address, apiKey: "demo-key", tenant: "tnt_default" };
const [anna, ben, cleo] = ["anna", "ben", "cleo"].map((name) => `${name}-${SEED}`) as [string, string, string];
const SETTLED_MS = 40_000;

let state = Number(SEED);
/** A whole number below `bound`, the same ones for the same seed. */
function below(bound: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * bound);
}

function oneOf<T>(items: readonly T[]): T | undefined {
  return items[below(items.length)];
}

/** A way to the service whose connections can be cut. */
const sockets = new Set<Socket>();
const [host = "", port = ""] = address.split(":");
const way = createServer((incoming) => {
  const outgoing = connect(Number(port), host);
  for (const [from, to] of [
    [incoming, outgoing],
    [outgoing, incoming],
  ] as const) {
    sockets.add(from);
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => sockets.delete(from));
  }
});
await new Promise<void>((resolve) => way.listen(0, "127.0.0.1", resolve));

const back = new TenantClient(account);
for (const userId of [anna, ben, cleo]) await back.upsertUser({ userId, meta: { displayName: userId } });
const others = [ben, cleo].map((user) => new Chat3Client({ ...account, user }));
const herself = new Chat3Client({ ...account, user: anna });
const [first = herself] = others;

const dialogs: string[] = [];
const written: { dialogId: string; messageId: string; by: Chat3Client }[] = [];
const marked = new Set<string>();
let updates = 0;
let cuts = 0;

async function deed(): Promise<unknown> {
  const by = oneOf([...others, herself]) ?? herself;
  const dialogId = oneOf(dialogs) ?? "";
  const message = oneOf(written);
  const own = oneOf(written.filter((each) => each.by === by));
  switch (below(14)) {
    case 0:
      return first.updateDialogMeta({ dialogId, meta: { title: `Title ${below(100)}`, n: below(9) } });
    case 1:
      return own && by.editMessage({ ...idsOf(own), content: `edited ${below(1000)}` });
    case 2:
      return own && by.deleteMessage(idsOf(own));
    case 3:
      return own && by.restoreMessage(idsOf(own));
    case 4:
    case 5: {
      const action = oneOf([ReactionAction.SET, ReactionAction.UNSET]) ?? ReactionAction.SET;
      const reaction = oneOf(["👍", "☕"]) ?? "👍";
      return message && by.setMessageReaction({ ...idsOf(message), reaction, action });
    }
    case 6:
      if (message === undefined) return undefined;
      marked.add(message.messageId);
      return by.setMessageStatus({ ...idsOf(message), status: MessageStatus.DELIVERED });
    case 7:
      // Of this dialog the messages are read again: the others show what merging alone has made.
      return herself.markDialogRead({ dialogId: dialogs[0] ?? "" });
    case 8:
      return first.removeDialogMember({ dialogId, userId: cleo });
    case 9:
      return first.addDialogMembers({ dialogId, userIds: [cleo] });
    case 10:
      cuts += 1;
      for (const socket of sockets) socket.destroy();
      return undefined;
    default:
      return write(by, dialogId);
  }
}

function idsOf({ dialogId, messageId }: { dialogId: string; messageId: string }) {
  return { dialogId, messageId };
}

async function write(by: Chat3Client, dialogId: string): Promise<void> {
  const { message } = await by.sendMessage({ dialogId, content: `text ${below(1000)}`, meta: { n: below(9) } });
  if (message) written.push({ dialogId, messageId: message.messageId, by });
}

function dialogShown({ dialogId, title, meta, memberCount, membership, lastMessage }: Dialog) {
  const { messageId = "", content = "", deleted = false } = lastMessage ?? {};
  return { dialogId, title, meta, memberCount, unread: membership?.unreadCount, messageId, content, deleted };
}

function messageShown(message: Message): object {
  const { statusCounts, ...shown } = toJson(MessageSchema, message) as { statusCounts?: object[] };
  // What a message's statuses are before somebody gives it one, no update says.
  const counts = statusCounts?.map((row) => JSON.stringify(row)).sort();
  return marked.has(message.messageId) ? { ...shown, counts } : shown;
}

function inOrder<T>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

async function fresh() {
  const found = await toArray(herself.dialogs({ includeLastMessage: true }));
  const messages = await Promise.all(found.map(({ dialogId }) => toArray(herself.history(dialogId))));
  return { dialogs: inOrder(found.map(dialogShown)), messages: inOrder(messages.flat().map(messageShown)) };
}

const watched = new Chat3Client({
  ...account,
  address: `127.0.0.1:${(way.address() as AddressInfo).port}`,
  user: anna,
});
const live = watched.liveStore({ everything: true, listener: { update: () => void (updates += 1) } });
await live.ready();
for (const members of [[anna, cleo], [anna], [anna, cleo]]) {
  const { dialog } = await first.createDialog({ memberIds: members, meta: { title: "Begun" } });
  if (dialog) dialogs.push(dialog.dialogId);
}
for (let number = 0; number < Number(DEEDS); number++) {
  try {
    await deed();
  } catch (error) {
    // Some deeds are refused: those of a member who was removed, or on a deleted message.
    if (!(error instanceof Chat3Error) || error.reason === "" || error.transient) throw error;
  }
}

function kept() {
  const { dialogs, histories } = live.picture.value;
  const messages = [...dialogs.keys()].flatMap((dialogId) => histories.get(dialogId)?.messages ?? []);
  return {
    dialogs: inOrder([...dialogs.values()].map(dialogShown)),
    messages: inOrder(messages.map(messageShown)),
  };
}

for (const end = Date.now() + SETTLED_MS; ; await sleep(200)) {
  await live.ready();
  const wanted = await fresh();
  try {
    assert.deepEqual(kept(), wanted);
    console.log(JSON.stringify({ deeds: Number(DEEDS), updates, cuts, messages: wanted.messages.length }));
    break;
  } catch (difference) {
    if (Date.now() > end) throw difference;
  }
}
await live.close();
way.close();
for (const socket of sockets) socket.destroy();
