import assert from "node:assert/strict";
import { test } from "node:test";

import type { Message } from "../src/gen/chat3/user/v1/message_pb.js";
import { MessageStatus } from "../src/gen/chat3/user/v1/message_pb.js";
import { merge } from "../src/store/merge.js";
import { emptyPicture, messageIn, type Picture, withDialogs, withHistory } from "../src/store/picture.js";
import { DIALOG, dialog, ids, message, update } from "./fakes.js";

const partialDialog = { dialogId: DIALOG };
const PARTIAL = { dialogId: DIALOG, senderId: "bob", type: "internal.text", mine: false };

function picture(...messages: Message[]): Picture {
  const lastMessage = { messageId: messages.at(-1)?.messageId ?? "", dialogId: DIALOG, senderId: "bob" };
  return withHistory(withDialogs(emptyPicture("alice"), [dialog({ lastMessage })], ""), DIALOG, messages, "");
}

function partial(place: number, rest: object) {
  return { ...PARTIAL, messageId: message(place).messageId, ...rest };
}

function known(after: Picture, place: number): Message {
  const found = messageIn(after, DIALOG, message(place).messageId);
  assert.ok(found);
  return found;
}

test("a field that is present replaces what is known, one that is absent leaves it", () => {
  const value = { dialog: partialDialog, message: partial(1, { content: "", edited: true }) };
  const after = merge(picture(message(1)), update({ case: "messageEdited", value }));
  assert.equal(known(after.picture, 1).content, "");
  assert.deepEqual(known(after.picture, 1).meta, {});
  assert.equal(known(after.picture, 1).edited, true);
  assert.deepEqual(after.reads, []);
});

test("a title that is absent beside custom data is none, and without custom data stays", () => {
  const without = merge(
    picture(),
    update({ case: "dialogChanged", value: { dialog: { dialogId: DIALOG, meta: {} } } }),
  );
  assert.equal(without.picture.dialogs.get(DIALOG)?.title, undefined);
  const counters = { dialog: partialDialog, member: { userId: "alice", unreadCount: 3 } };
  const kept = merge(picture(), update({ case: "dialogCountersChanged", value: counters }));
  assert.equal(kept.picture.dialogs.get(DIALOG)?.title, "Old");
  assert.equal(kept.picture.dialogs.get(DIALOG)?.membership?.unreadCount, 3);
});

test("a dialog's approximate unread count is never taken", () => {
  const value = { dialog: { dialogId: DIALOG, approximateUnreadCount: 7 } };
  const after = merge(picture(), update({ case: "dialogChanged", value }));
  assert.equal(after.picture.dialogs.get(DIALOG)?.membership?.unreadCount, 0);
});

test("a dialog that is not known is read with its messages", () => {
  const value = { dialog: { dialogId: "dlg_bbbbbbbbbbbbbbbbbbbb" } };
  const { reads } = merge(picture(), update({ case: "dialogCreated", value }));
  assert.deepEqual(
    reads.map(({ what, dialogId }) => [what, dialogId]),
    [
      ["dialog", "dlg_bbbbbbbbbbbbbbbbbbbb"],
      ["messages", "dlg_bbbbbbbbbbbbbbbbbbbb"],
    ],
  );
});

test("a new message is added, is the last one, and is read for what no update carries", () => {
  const value = { dialog: partialDialog, message: partial(2, { content: "new", meta: {}, topicId: "" }) };
  const after = merge(picture(message(1)), update({ case: "messageCreated", value }));
  assert.deepEqual(ids(after.picture.histories.get(DIALOG)?.messages ?? []), [1, 2]);
  assert.equal(after.picture.dialogs.get(DIALOG)?.lastMessage?.content, "new");
  assert.deepEqual(after.reads, [{ what: "message", dialogId: DIALOG, messageId: message(2).messageId }]);
});

test("a message that is known already stays as it is when its creation comes late", () => {
  const value = { dialog: partialDialog, message: partial(1, { content: "as it was first", meta: {} }) };
  const after = merge(
    picture(message(1, { content: "edited since" })),
    update({ case: "messageCreated", value }),
  );
  assert.equal(known(after.picture, 1).content, "edited since");
});

test("a change of a message that was not read changes nothing", () => {
  const before = picture(message(1));
  const value = { dialog: partialDialog, message: partial(5, { content: "other", edited: true }) };
  const after = merge(before, update({ case: "messageEdited", value }));
  assert.deepEqual(ids(after.picture.histories.get(DIALOG)?.messages ?? []), [1]);
});

test("a deletion takes away what the message said, and a late edit does not bring it back", () => {
  const deletion = { dialog: partialDialog, message: partial(1, { deleted: true }) };
  const deleted = merge(picture(message(1)), update({ case: "messageDeleted", value: deletion })).picture;
  assert.equal(known(deleted, 1).content, "");
  assert.equal(known(deleted, 1).meta, undefined);
  assert.equal(deleted.dialogs.get(DIALOG)?.lastMessage?.deleted, true);
  const edit = { dialog: partialDialog, message: partial(1, { content: "late", meta: {}, edited: true }) };
  const after = merge(deleted, update({ case: "messageEdited", value: edit })).picture;
  assert.equal(known(after, 1).content, "");
});

test("a restored message is read, for no update carries its quote", () => {
  const value = { dialog: partialDialog, message: partial(1, { deleted: false, content: "text" }) };
  const after = merge(
    picture(message(1, { deleted: true, content: "" })),
    update({ case: "messageRestored", value }),
  );
  assert.equal(known(after.picture, 1).deleted, true);
  assert.deepEqual(after.reads, [{ what: "message", dialogId: DIALOG, messageId: message(1).messageId }]);
});

test("a text that may be cut is not taken; the message is read", () => {
  const value = {
    dialog: partialDialog,
    message: partial(1, { content: "a".repeat(4096), contentMayBeCut: true }),
  };
  const after = merge(picture(message(1)), update({ case: "messageEdited", value }));
  assert.equal(known(after.picture, 1).content, "text 1");
  assert.equal(after.reads.length, 1);
});

test("status counts replace those known", () => {
  const statusCounts = [{ status: MessageStatus.READ, statusName: "read", count: 1 }];
  const value = { dialog: partialDialog, message: partial(1, {}), userId: "bob", statusCounts };
  const after = merge(picture(message(1)), update({ case: "messageStatusChanged", value }));
  assert.deepEqual(
    known(after.picture, 1).statusCounts.map(({ count }) => count),
    [1],
  );
});

test("a reaction is the user's own only when the user gave it", () => {
  const before = picture(message(1, { reactions: [{ reaction: "☕", count: 1, mine: true }] }));
  const value = {
    dialog: partialDialog,
    message: partial(1, {}),
    userId: "bob",
    reaction: "👍",
    reactions: [
      { reaction: "☕", count: 1 },
      { reaction: "👍", count: 1 },
    ],
  };
  const theirs = merge(before, update({ case: "messageReactionGiven", value })).picture;
  assert.deepEqual(
    known(theirs, 1).reactions.map(({ mine }) => mine),
    [true, false],
  );
  const own = { ...value, userId: "alice", reaction: "☕", reactions: [{ reaction: "👍", count: 1 }] };
  const after = merge(theirs, update({ case: "messageReactionTakenBack", value: own })).picture;
  assert.deepEqual(
    known(after, 1).reactions.map(({ reaction, mine }) => [reaction, mine]),
    [["👍", false]],
  );
});

test("counters over all dialogs that are older than those known are not taken", () => {
  const newer = { user: { userId: "alice" }, stats: { totalUnreadCount: 2, statsVersion: 5n } };
  const older = { user: { userId: "alice" }, stats: { totalUnreadCount: 9, statsVersion: 4n } };
  const before = merge(picture(), update({ case: "userCountersChanged", value: newer })).picture;
  const after = merge(before, update({ case: "userCountersChanged", value: older })).picture;
  assert.equal(after.stats?.totalUnreadCount, 2);
});

test("what others' counters are changes nothing of the user's own", () => {
  const value = { dialog: partialDialog, member: { userId: "bob", unreadCount: 4 } };
  const after = merge(picture(), update({ case: "memberChanged", value }));
  assert.equal(after.picture.dialogs.get(DIALOG)?.membership?.unreadCount, 0);
  assert.deepEqual(after.reads, [{ what: "dialog", dialogId: DIALOG }]);
});

test("whoever joins a dialog reads it with its messages", () => {
  const value = { dialog: partialDialog, member: { userId: "alice" } };
  const { reads } = merge(picture(), update({ case: "memberAdded", value }));
  assert.deepEqual(
    reads.map(({ what }) => what),
    ["dialog", "messages"],
  );
});

test("a deleted dialog is taken away with its messages", () => {
  const after = merge(
    picture(message(1)),
    update({ case: "dialogDeleted", value: { dialog: partialDialog } }),
  );
  assert.equal(after.picture.dialogs.size, 0);
  assert.equal(after.picture.histories.size, 0);
});

test("of a kind that is not known, what it names is read again", () => {
  const unknown = { ...update({ case: "unknown", value: {} }), dialogId: DIALOG };
  assert.deepEqual(merge(picture(), unknown).reads, [{ what: "dialog", dialogId: DIALOG }]);
});

test("merging an update twice is merging it once", () => {
  const value = { dialog: partialDialog, message: partial(2, { content: "new", meta: {} }) };
  const once = merge(picture(message(1)), update({ case: "messageCreated", value })).picture;
  assert.deepEqual(merge(once, update({ case: "messageCreated", value })).picture, once);
});
