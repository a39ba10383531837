import assert from "node:assert/strict";
import { test } from "node:test";

import { Code, GapReason, ReloadTarget, ResumeOutcome } from "@chat3/client/core";
import { refusal, settled } from "@chat3/client/testing";

import type { Chat } from "../src/chat/chat.js";
import { DIALOG, dialog, ids, message, update } from "./fakes.js";
import { Service } from "./service.js";

const OTHER = "dlg_bbbbbbbbbbbbbbbbbbbb";

function shown(chat: Chat): number[] {
  return ids(chat.picture.value.histories.get(DIALOG)?.messages ?? []);
}

function written(place: number) {
  const { messageId, dialogId, senderId, type, content } = message(place);
  const partial = { messageId, dialogId, senderId, type, content, meta: {}, topicId: "" };
  const value = { dialog: { dialogId }, message: partial };
  return { case: "update", value: update({ case: "messageCreated", value }, place) } as const;
}

test("the stream is open before anything is read", async () => {
  const service = new Service();
  await service.chat();
  assert.equal(service.calls[0], "SubscribeUpdates");
  assert.deepEqual(service.calls.slice(1).sort(), ["GetDialogMessages", "GetMyself", "GetUserDialogs"]);
});

test("an update that comes while older messages are on their way is not lost", async () => {
  const service = new Service();
  service.messages = [message(1)];
  let arrive = (): void => undefined;
  const way = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  service.first.set("GetDialogMessages", [way]);
  const chat = await service.chat();
  service.stream.send(written(2));
  service.messages = [message(1), message(2)];
  await settled();
  arrive();
  await settled();
  assert.deepEqual(shown(chat), [1, 2]);
});

test("a read that fails on the way is repeated", async () => {
  const service = new Service();
  service.messages = [message(1)];
  service.first.set("GetDialogMessages", [refusal("", Code.Unavailable), refusal("", Code.Unknown)]);
  const chat = await service.chat();
  await service.clock.pass(3_000);
  assert.deepEqual(shown(chat), [1]);
});

test("older messages are read by token until there are none", async () => {
  const service = new Service();
  service.messages = Array.from({ length: 50 }, (_, place) => message(place + 1));
  const chat = await service.chat();
  assert.equal(shown(chat)[0], 31);
  for (let page = 0; page < 2; page++) {
    chat.older(DIALOG);
    await settled();
  }
  assert.deepEqual(
    shown(chat),
    service.messages.map((_, place) => place + 1),
  );
  const calls = service.calls.length;
  chat.older(DIALOG);
  await settled();
  assert.equal(service.calls.length, calls);
});

test("what two pages have in common is shown once", async () => {
  const service = new Service();
  service.messages = Array.from({ length: 30 }, (_, place) => message(place + 1));
  const chat = await service.chat();
  service.messages.push(message(31));
  service.stream.send(written(31));
  await settled();
  chat.older(DIALOG);
  await settled();
  assert.deepEqual(
    shown(chat),
    service.messages.map((_, place) => place + 1),
  );
});

test("a page token that is not taken any more is replaced with the history", async () => {
  const service = new Service();
  service.messages = Array.from({ length: 30 }, (_, place) => message(place + 1));
  const chat = await service.chat();
  service.first.set("GetDialogMessages", [refusal("ERROR_REASON_PAGE_TOKEN_INVALID", Code.InvalidArgument)]);
  chat.older(DIALOG);
  await settled();
  assert.equal(shown(chat).length, 20);
  assert.equal(chat.notice.value, "");
});

test("after a gap all that was shown is read again, however much it was", async () => {
  const service = new Service();
  service.messages = Array.from({ length: 130 }, (_, place) => message(place + 1));
  const chat = await service.chat();
  for (let page = 0; page < 6; page++) {
    chat.older(DIALOG);
    await settled();
  }
  assert.equal(shown(chat).length, 130);
  service.messages.push(message(131), message(132));
  service.dialogs = [dialog(), dialog({ dialogId: OTHER })];
  service.stream.send({
    case: "gap",
    value: { reason: GapReason.EXPIRED, reload: [ReloadTarget.DIALOGS, ReloadTarget.MESSAGES] },
  });
  await settled();
  assert.equal(shown(chat).at(-1), 132);
  assert.ok(shown(chat).length >= 130);
  assert.equal(chat.picture.value.dialogs.size, 2);
});

test("messages that are added while the newest are read again are not taken away", async () => {
  const service = new Service();
  service.messages = Array.from({ length: 60 }, (_, place) => message(place + 1));
  const chat = await service.chat();
  let arrive = (): void => undefined;
  const way = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  service.first.set("GetDialogMessages", [way]);
  service.stream.send({ case: "gap", value: { reload: [ReloadTarget.MESSAGES] } });
  await settled();
  chat.older(DIALOG);
  await settled();
  assert.equal(shown(chat).length, 40);
  arrive();
  await settled();
  assert.equal(shown(chat).length, 40);
});

test("a dialog that the list does not have can be shown by its address", async () => {
  const service = new Service();
  service.messages = [message(1)];
  const chat = await service.chat(undefined);
  service.dialogs = [dialog({ dialogId: OTHER })];
  chat.show(OTHER);
  await settled();
  assert.equal(chat.picture.value.dialogs.get(OTHER)?.title, "Old");
});

test("what is not shown during a gap is read when it is shown again", async () => {
  const service = new Service();
  service.messages = [message(1)];
  const chat = await service.chat();
  chat.show(undefined);
  service.messages.push(message(2));
  service.stream.send({ case: "gap", value: { reload: [ReloadTarget.MESSAGES] } });
  await settled();
  chat.show(DIALOG);
  await settled();
  assert.deepEqual(shown(chat), [1, 2]);
});

test("a stream that resumes without a gap reads nothing again", async () => {
  const service = new Service();
  await service.chat();
  const calls = service.calls.length;
  service.stream.fail();
  await service.clock.pass(1_000);
  service.stream.open(ResumeOutcome.RESUMED);
  await settled();
  assert.deepEqual(service.calls.slice(calls), ["SubscribeUpdates"]);
});

test("a stream that has to begin anew reads all again", async () => {
  const service = new Service();
  const chat = await service.chat();
  service.stream.fail(refusal("ERROR_REASON_RESUME_TOKEN_INVALID", Code.InvalidArgument));
  await service.clock.pass(1_000);
  service.messages = [message(1)];
  service.stream.open(ResumeOutcome.FRESH);
  await settled();
  assert.deepEqual(shown(chat), [1]);
});

test("a message is sent with one key however often it is tried, and written once", async () => {
  const service = new Service();
  const chat = await service.chat();
  service.first.set("SendMessage", [refusal("", Code.Unavailable), refusal("", Code.Unavailable)]);
  chat.send(DIALOG, "hello");
  await settled();
  assert.equal(chat.outbox.items.value.length, 1);
  await service.clock.pass(5_000);
  assert.equal(service.calls.filter((name) => name === "SendMessage").length, 3);
  assert.equal(service.messages.length, 1);
  assert.deepEqual(chat.outbox.items.value, []);
  assert.deepEqual(shown(chat), [1]);
});

test("messages of a dialog are sent in their order", async () => {
  const service = new Service();
  const chat = await service.chat();
  service.first.set("SendMessage", [refusal("", Code.Unavailable)]);
  for (const text of ["one", "two", "three"]) chat.send(DIALOG, text);
  await service.clock.pass(5_000);
  assert.deepEqual(
    service.messages.map(({ content }) => content),
    ["one", "two", "three"],
  );
});

test("a message that was on its way when the tab was reloaded is sent under its key", async () => {
  const service = new Service();
  const before = await service.chat();
  service.first.set("SendMessage", [refusal("", Code.Unavailable)]);
  before.send(DIALOG, "hello");
  await settled();
  const [waiting] = before.outbox.items.value;
  before.close();
  await settled();
  const after = await service.chat();
  assert.deepEqual(
    service.messages.map(({ meta }) => meta?.client_id),
    [waiting?.key],
  );
  assert.deepEqual(after.outbox.items.value, []);
});

test("a message that the service refuses stays, says why, and can be tried again or discarded", async () => {
  const service = new Service();
  const chat = await service.chat();
  const refused = refusal("ERROR_REASON_INVALID_FIELD", Code.InvalidArgument);
  service.first.set("SendMessage", [refused, refused]);
  chat.send(DIALOG, "one");
  chat.send(DIALOG, "two");
  await settled();
  const [one, two] = chat.outbox.items.value;
  assert.deepEqual([one?.failure, two?.failure], ["refused", "refused"]);
  chat.outbox.retry(one?.key ?? "");
  chat.outbox.discard(two?.key ?? "");
  await settled();
  assert.deepEqual(chat.outbox.items.value, []);
  assert.deepEqual(
    service.messages.map(({ content }) => content),
    ["one"],
  );
});

test("messages that are looked at are marked as read, each once", async () => {
  const service = new Service();
  service.dialogs = [dialog({ membership: { userId: "alice", unreadCount: 2 } })];
  service.messages = [message(1), message(2), message(3)];
  const chat = await service.chat();
  assert.ok(!service.calls.includes("SetMessageStatus"));
  chat.looking(true);
  chat.looking(true);
  await settled();
  assert.equal(service.calls.filter((name) => name === "SetMessageStatus").length, 2);
});

test("a message that arrives is marked before it is counted, and the counter is set right", async () => {
  const service = new Service();
  const chat = await service.chat();
  chat.looking(true);
  service.stream.send(written(1));
  await settled();
  assert.equal(service.calls.filter((name) => name === "SetMessageStatus").length, 1);
  const value = { dialog: { dialogId: DIALOG }, member: { userId: "alice", unreadCount: 1 } };
  service.stream.send({ case: "update", value: update({ case: "dialogCountersChanged", value }) });
  await service.clock.pass(4_000);
  assert.ok(!service.calls.includes("MarkDialogRead"));
  await service.clock.pass(2_000);
  assert.equal(service.calls.filter((name) => name === "SetMessageStatus").length, 1);
  assert.equal(service.calls.filter((name) => name === "MarkDialogRead").length, 1);
  assert.equal(chat.picture.value.dialogs.get(DIALOG)?.membership?.unreadCount, 0);
});

test("after a gap no message is marked before the history is there", async () => {
  const service = new Service();
  service.messages = [message(1), message(2)];
  const chat = await service.chat();
  chat.looking(true);
  service.messages.push(message(3));
  service.dialogs = [dialog({ membership: { userId: "alice", unreadCount: 1 } })];
  let arrive = (): void => undefined;
  const way = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  service.first.set("GetDialogMessages", [way]);
  const reload = [ReloadTarget.DIALOGS, ReloadTarget.MESSAGES];
  service.stream.send({ case: "gap", value: { reload } });
  await settled();
  assert.ok(!service.calls.includes("SetMessageStatus"));
  arrive();
  await settled();
  assert.deepEqual(service.marked, [message(3).messageId]);
});

test("what is not looked at is not marked", async () => {
  const service = new Service();
  const chat = await service.chat();
  service.stream.send(written(1));
  await service.clock.pass(10_000);
  assert.ok(!service.calls.includes("SetMessageStatus"));
  chat.looking(true);
  await settled();
  assert.equal(service.calls.filter((name) => name === "SetMessageStatus").length, 1);
});

test("more unread messages than are shown are marked with their dialog", async () => {
  const service = new Service();
  service.dialogs = [dialog({ membership: { userId: "alice", unreadCount: 40 } })];
  service.messages = [message(1)];
  const chat = await service.chat();
  chat.looking(true);
  await settled();
  assert.equal(service.calls.filter((name) => name === "MarkDialogRead").length, 1);
  assert.equal(chat.picture.value.dialogs.get(DIALOG)?.membership?.unreadCount, 0);
});

test("a dialog that the user is no member of any more is taken away", async () => {
  const service = new Service();
  const chat = await service.chat();
  service.dialogs = [];
  const value = { dialog: { dialogId: DIALOG }, member: { userId: "alice" } };
  service.stream.send({ case: "update", value: update({ case: "memberRemoved", value }) });
  await settled();
  assert.equal(chat.picture.value.dialogs.size, 0);
});

test("a sign of typing is shown for its time, or until the message is there", async () => {
  const service = new Service();
  const chat = await service.chat();
  const value = { dialog: { dialogId: DIALOG }, userId: "bob", expiresIn: { seconds: 5n } };
  const typists = () => [...(chat.typists.now.value.get(DIALOG)?.keys() ?? [])];
  for (const ends of [() => service.clock.pass(5_000), () => service.stream.send(written(1))]) {
    service.stream.send({ case: "update", value: update({ case: "typing", value }) });
    await settled();
    assert.deepEqual(typists(), ["bob"]);
    await ends();
    await settled();
    assert.deepEqual(typists(), []);
  }
});

test("whoever goes on typing is shown until the last sign is over", async () => {
  const service = new Service();
  const chat = await service.chat();
  const value = { dialog: { dialogId: DIALOG }, userId: "bob", expiresIn: { seconds: 5n } };
  for (let sign = 0; sign < 2; sign++) {
    service.stream.send({ case: "update", value: update({ case: "typing", value }) });
    await service.clock.pass(3_000);
  }
  assert.equal(chat.typists.now.value.get(DIALOG)?.size, 1);
});

test("a message that is gone before it could be read is no failure to show", async () => {
  const service = new Service();
  const chat = await service.chat();
  service.stream.send(written(1));
  await settled();
  assert.ok(service.calls.includes("GetMessage"));
  assert.deepEqual(shown(chat), [1]);
  assert.equal(chat.notice.value, "");
});
