import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import { GapReason, ReloadTarget } from "../src/gen/chat3/user/v1/update_stream_pb.js";
import { Chat3GrpcClient, type LegacyUpdate } from "../src/legacy.js";
import { type FakeService, FakeStream, fakeTransport, refusal, settled } from "../src/testing.js";
import { DIALOG, dialog, message } from "./fakes.js";

const ACCOUNT = { url: "unused", apiKey: "k", tenantId: "tnt_t", userId: "alice" };

function client(user: NonNullable<FakeService["user"]>, options: Partial<typeof ACCOUNT> = ACCOUNT) {
  return new Chat3GrpcClient({ ...ACCOUNT, ...options, transport: fakeTransport({ user }) });
}

test("dialogs come by page, in the old shape, with the old pagination", async () => {
  const asked: unknown[] = [];
  const old = client({
    getUserDialogs: ({ page, pageSize, filter, sort, includeLastMessage, includeTotalSize }) => {
      asked.push([page, pageSize, filter, sort, includeLastMessage, includeTotalSize]);
      const lastMessage = { messageId: "msg_1", dialogId: DIALOG, content: "hi", senderId: "bob" };
      return { dialogs: [dialog({ lastMessage })], totalSize: 21 };
    },
  });
  const { dialogs, pagination } = await old.getUserDialogs({ page: 2, limit: 10, includeLastMessage: true });
  assert.deepEqual(asked, [[2, 10, "", "", true, true]]);
  assert.deepEqual(pagination, { page: 2, limit: 10, total: 21, pages: 3 });
  assert.equal(dialogs[0]?.dialog_id, DIALOG);
  assert.equal(dialogs[0]?.tenant_id, "tnt_t");
  assert.equal(dialogs[0]?.name, "Old");
  assert.deepEqual(dialogs[0]?.meta, { title: "Old" });
  assert.equal(dialogs[0]?.member.state.unread_count, 0);
  assert.equal(dialogs[0]?.last_message?.content, "hi");
});

test("messages come in the old shape, by either form of the call", async () => {
  const old = client({ getDialogMessages: () => ({ messages: [message(1)], totalSize: 1 }) });
  const first = await old.getDialogMessages(DIALOG, { limit: 5 });
  const second = await old.getDialogMessages({ userId: "bob", dialogId: DIALOG, limit: 5 });
  assert.deepEqual(first, second);
  assert.equal(first.messages[0]?.created_at, 1_700_000_060_000);
  assert.equal(first.messages[0]?.sender_id, "bob");
  assert.equal(first.messages[0]?.topic_id, "");
});

test("a message is sent by either form of the call, in the sender's name", async () => {
  const sent: unknown[] = [];
  const old = client({
    sendMessage: ({ content, type, meta, idempotencyKey }, { requestHeader }) => {
      sent.push([requestHeader.get("x-user-id"), content, type, meta, idempotencyKey.length > 0]);
      return { message: message(1) };
    },
  });
  const options = { content: "one", meta: { channel: "web" }, idempotencyKey: "k1" };
  const { message: written } = await old.sendMessage(DIALOG, "carol", options);
  await old.sendMessage({ userId: "dave", dialogId: DIALOG, content: "two" });
  assert.deepEqual(sent, [
    ["carol", "one", "internal.text", { channel: "web" }, true],
    ["dave", "two", "internal.text", undefined, true],
  ]);
  assert.equal(written?.message_id, message(1).messageId);
});

test("status, reaction, typing, reading and deletion have their old names", async () => {
  const called: string[] = [];
  const old = client({
    setMessageStatus: ({ status }) => {
      called.push(`status ${status}`);
      return { record: { userId: "alice", statusName: "read" } };
    },
    setMessageReaction: ({ action }) => {
      called.push(`reaction ${action}`);
      return { changed: true };
    },
    sendTypingIndicator: () => ({ expiresIn: { seconds: 5n } }),
    markDialogRead: () => ({}),
    deleteMessage: () => ({ message: message(1, { deleted: true, content: "" }) }),
    restoreMessage: () => ({ message: message(1) }),
  });
  const of = { dialogId: DIALOG, messageId: message(1).messageId };
  assert.deepEqual(await old.setMessageStatus({ ...of, status: "read" }), {
    status: { user_id: "alice", status: "read" },
  });
  assert.deepEqual(await old.setMessageReaction({ ...of, reaction: "👍" }), { changed: true });
  await old.setMessageReaction({ ...of, reaction: "👍", set: false });
  assert.deepEqual(called, ["status 3", "reaction 1", "reaction 2"]);
  assert.equal((await old.sendTypingIndicator({ dialogId: DIALOG })).expires_in_ms, 5_000);
  assert.deepEqual(await old.markDialogAllRead({ dialogId: DIALOG }), { dialog_id: DIALOG });
  assert.equal((await old.setMessageDeleted({ ...of, deleted: true })).message?.deleted, true);
  assert.equal((await old.setMessageDeleted({ ...of, deleted: false })).message?.content, "text 1");
});

test("updates come to a callback until they are unsubscribed", async () => {
  const streams: FakeStream[] = [];
  const old = client({
    subscribeUpdates: ({ resumeToken }, { signal }) => {
      const stream = new FakeStream(resumeToken, signal);
      streams.push(stream);
      return stream;
    },
  });
  const heard: LegacyUpdate[] = [];
  const unsubscribe = old.subscribeUpdates((update) => heard.push(update));
  await settled();
  streams[0]?.open();
  const partial = { dialogId: DIALOG, messageId: message(1).messageId, content: "hi" };
  streams[0]?.send({
    case: "update",
    value: {
      updateId: "u1",
      eventId: "evt_1",
      userId: "alice",
      messageId: partial.messageId,
      source: { eventType: "message.create", updateType: "update.message" },
      payload: { case: "messageCreated", value: { message: partial } },
    },
  });
  streams[0]?.send({ case: "gap", value: { reason: GapReason.EXPIRED, reload: [ReloadTarget.DIALOGS] } });
  await settled();
  unsubscribe();
  await settled();
  assert.deepEqual(
    heard.map((update) => update.source_event_type),
    ["connection.established", "message.create", "connection.gap"],
  );
  assert.equal(heard[0]?.data.conn_id, "c");
  assert.equal(heard[1]?.entity_id, partial.messageId);
  assert.deepEqual(heard[1]?.data.message, {
    message_id: partial.messageId,
    dialog_id: DIALOG,
    content: "hi",
  });
  assert.deepEqual(heard[2]?.data, { reason: "EXPIRED", reload: ["DIALOGS"] });
  assert.ok(streams[0]?.signal.aborted);
});

test("a stream in callback form that has ended for good is told", async () => {
  const told: string[] = [];
  const transport = fakeTransport({
    user: {
      subscribeUpdates: () => {
        throw refusal("ERROR_REASON_USER_NOT_FOUND", Code.NotFound);
      },
    },
  });
  const old = new Chat3GrpcClient({ ...ACCOUNT, transport, onError: ({ reason }) => told.push(reason) });
  old.subscribeUpdates(() => assert.fail("nothing came"));
  await settled();
  assert.deepEqual(told, ["ERROR_REASON_USER_NOT_FOUND"]);
});

test("updates of a user are an async iterable, too", async () => {
  const old = client({
    subscribeUpdates: ({ resumeToken }, { signal, requestHeader }) => {
      assert.equal(requestHeader.get("x-user-id"), "bob");
      const stream = new FakeStream(resumeToken, signal);
      stream.open();
      return stream;
    },
  });
  for await (const update of old.subscribeUpdates("bob")) {
    assert.equal(update.event_type, "connection.established");
    break;
  }
});

test("a call without a user is a mistake", () => {
  const { userId: _, ...account } = ACCOUNT;
  const old = new Chat3GrpcClient({ ...account, transport: fakeTransport({}) });
  assert.throws(() => old.as(), /needs a user/);
});
