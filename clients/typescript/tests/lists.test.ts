import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import { itemsOf, pagesOf } from "../src/client/pages.js";
import { Chat3Client } from "../src/client/user_client.js";
import { ReloadTarget } from "../src/gen/chat3/user/v1/update_stream_pb.js";
import { memoryResumeStore } from "../src/stream/resume_store.js";
import { FakeClock, type FakeService, fakeTransport, refusal } from "../src/testing.js";
import { DIALOG, dialog, ids, message } from "./fakes.js";

function clientOf(user: NonNullable<FakeService["user"]>): Chat3Client {
  const transport = fakeTransport({ user });
  return new Chat3Client({ transport, apiKey: "k", tenant: "t", user: "alice", clock: new FakeClock() });
}

test("all pages of a history are read, as they are wanted", async () => {
  const asked: [number, string][] = [];
  const client = clientOf({
    getDialogMessages: ({ pageSize, pageToken }) => {
      asked.push([pageSize, pageToken]);
      const from = Number(pageToken || 0);
      const messages = [1, 2].map((place) => message(from + place));
      return { messages, nextPageToken: from < 4 ? String(from + 2) : "" };
    },
  });
  const messages = [];
  for await (const each of client.history(DIALOG, { pageSize: 2 })) messages.push(each);
  assert.deepEqual(ids(messages), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(asked, [
    [2, ""],
    [2, "2"],
    [2, "4"],
  ]);
  for await (const each of client.history(DIALOG, { pageSize: 2 })) {
    assert.ok(each);
    break;
  }
  assert.equal(asked.length, 4);
});

test("a dialog that moves to another page while the list is read comes once", async () => {
  const page = (...names: string[]) => names.map((name) => dialog({ dialogId: `dlg_${name.repeat(20)}` }));
  const client = clientOf({
    getUserDialogs: ({ pageToken }) =>
      pageToken === ""
        ? { dialogs: page("a", "b"), nextPageToken: "2" }
        : { dialogs: page("b", "c"), nextPageToken: "" },
  });
  const found: string[] = [];
  for await (const { dialogId } of client.dialogs()) found.push(dialogId.slice(4, 5));
  assert.deepEqual(found, ["a", "b", "c"]);
});

test("any list of the contract can be read by pages or by items", async () => {
  const client = clientOf({
    listTopics: ({ pageToken }) => ({
      topics: [{ topicId: pageToken || "first" }],
      nextPageToken: pageToken === "" ? "second" : "",
    }),
  });
  const request = { dialogId: DIALOG };
  const pages = [];
  for await (const { topics } of pagesOf(client.listTopics, request)) pages.push(topics.length);
  assert.deepEqual(pages, [1, 1]);
  const items = [];
  for await (const { topicId } of itemsOf(client.listTopics, request, ({ topics }) => topics))
    items.push(topicId);
  assert.deepEqual(items, ["first", "second"]);
});

/** A log of updates whose tokens are numbers. */
function log(length: number, oldest = 0): NonNullable<FakeService["user"]> {
  return {
    listUpdates: ({ resumeToken, pageSize }) => {
      if (resumeToken === "broken") throw refusal("ERROR_REASON_RESUME_TOKEN_INVALID", Code.InvalidArgument);
      if (resumeToken === "") return { nextResumeToken: String(length) };
      const from = Math.max(Number(resumeToken), oldest);
      const to = Math.min(length, from + pageSize);
      const updates = Array.from({ length: to - from }, (_, place) => ({ updateId: String(from + place) }));
      return {
        updates,
        nextResumeToken: String(to),
        hasMore: to < length,
        ...(Number(resumeToken) < oldest && { gap: { reload: [ReloadTarget.DIALOGS] } }),
      };
    },
  };
}

async function caughtUp(client: Chat3Client, token: string) {
  const resume = memoryResumeStore(token);
  const heard: string[] = [];
  for await (const event of client.catchUp({ resume, pageSize: 2 })) {
    heard.push(event.type === "update" ? event.update.updateId : "gap");
  }
  return { heard, token: await resume.load() };
}

test("what was missed is returned page by page, and the token moves on", async () => {
  assert.deepEqual(await caughtUp(clientOf(log(5)), "1"), { heard: ["1", "2", "3", "4"], token: "5" });
});

test("on the first start there is nothing to return, and the token of the present is stored", async () => {
  assert.deepEqual(await caughtUp(clientOf(log(5)), ""), { heard: [], token: "5" });
});

test("a gap comes before what follows it", async () => {
  assert.deepEqual(await caughtUp(clientOf(log(5, 3)), "1"), { heard: ["gap", "3", "4"], token: "5" });
});

test("a refused token is a gap of everything, and the present is stored", async () => {
  assert.deepEqual(await caughtUp(clientOf(log(5)), "broken"), { heard: ["gap"], token: "5" });
});

test("a page that its reader does not come to the end of is returned again", async () => {
  const client = clientOf(log(5));
  const resume = memoryResumeStore("1");
  for await (const event of client.catchUp({ resume, pageSize: 2 })) {
    assert.ok(event);
    break;
  }
  assert.equal(await resume.load(), "1");
});
