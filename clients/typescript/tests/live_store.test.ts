import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import { Chat3Client } from "../src/client/user_client.js";
import type { Dialog } from "../src/gen/chat3/user/v1/dialog_pb.js";
import type { Message } from "../src/gen/chat3/user/v1/message_pb.js";
import { ReloadTarget, ResumeOutcome } from "../src/gen/chat3/user/v1/update_stream_pb.js";
import { memoryResumeStore } from "../src/stream/resume_store.js";
import { FakeClock, FakeStream, fakeTransport, refusal, settled } from "../src/testing.js";
import { DIALOG, dialog, ids, message } from "./fakes.js";

const OTHER = "dlg_bbbbbbbbbbbbbbbbbbbb";

/** A service whose lists have two items on a page. */
class Service {
  readonly clock = new FakeClock();
  readonly streams: FakeStream[] = [];
  readonly reads: string[] = [];
  dialogs: Dialog[] = [dialog()];
  messages: Message[] = [];
  refusal: Error | undefined;
  /** What a read of messages waits for. */
  reading: () => Promise<void> = async () => undefined;

  readonly transport = fakeTransport({
    user: {
      getMyself: () => ({ user: { userId: "alice", displayName: "Alice" }, stats: {} }),
      getUserDialogs: ({ pageToken }) => {
        this.reads.push("dialogs");
        const { items, nextPageToken } = page(this.dialogs, pageToken);
        return { dialogs: items, nextPageToken };
      },
      getDialog: ({ dialogId }) => {
        this.reads.push(`dialog ${dialogId}`);
        const found = this.dialogs.find((other) => other.dialogId === dialogId);
        if (found === undefined) throw refusal("ERROR_REASON_NOT_A_MEMBER", Code.PermissionDenied);
        return { dialog: found };
      },
      getDialogMessages: async ({ dialogId, pageToken }) => {
        await this.reading();
        this.reads.push(`messages ${dialogId}`);
        if (!this.dialogs.some((other) => other.dialogId === dialogId)) {
          throw refusal("ERROR_REASON_NOT_A_MEMBER", Code.PermissionDenied);
        }
        const own = this.messages.filter((other) => other.dialogId === dialogId).toReversed();
        const { items, nextPageToken } = page(own, pageToken);
        return { messages: items, nextPageToken };
      },
      subscribeUpdates: ({ resumeToken }, { signal }) => {
        if (this.refusal) throw this.refusal;
        const stream = new FakeStream(resumeToken, signal, `s${this.streams.length}`);
        this.streams.push(stream);
        return stream;
      },
    },
  });

  client(): Chat3Client {
    const { transport, clock } = this;
    return new Chat3Client({ transport, clock, apiKey: "k", tenant: "t", user: "alice" });
  }

  get stream(): FakeStream {
    const last = this.streams.at(-1);
    assert.ok(last);
    return last;
  }
}

function page<T>(items: readonly T[], pageToken: string): { items: T[]; nextPageToken: string } {
  const from = Number(pageToken || 0);
  return {
    items: items.slice(from, from + 2),
    nextPageToken: from + 2 < items.length ? String(from + 2) : "",
  };
}

async function everything(service: Service) {
  const resume = memoryResumeStore();
  const failures: string[] = [];
  const live = service
    .client()
    .liveStore({ everything: true, resume, onFailure: ({ reason }) => failures.push(reason) });
  const ready = live.ready();
  await settled();
  service.stream.open();
  await ready;
  return { live, resume, failures };
}

test("nothing is read before the stream is open, then all pages of everything", async () => {
  const service = new Service();
  service.dialogs = [DIALOG, OTHER, "dlg_cccccccccccccccccccc"].map((dialogId) => dialog({ dialogId }));
  service.messages = [1, 2, 3, 4, 5].map((place) => message(place));
  const live = service.client().liveStore({ everything: true });
  const ready = live.ready();
  await settled();
  assert.deepEqual(service.reads, []);
  service.stream.open();
  await ready;
  assert.equal(live.picture.value.dialogs.size, 3);
  assert.deepEqual(ids(live.picture.value.histories.get(DIALOG)?.messages ?? []), [1, 2, 3, 4, 5]);
  assert.equal(live.picture.value.profile?.displayName, "Alice");
  assert.ok(live.isCurrent(DIALOG));
  await live.close();
});

test("a dialog that an update tells of is read with its messages", async () => {
  const service = new Service();
  const { live } = await everything(service);
  service.dialogs = [dialog(), dialog({ dialogId: OTHER })];
  service.messages = [message(7, { dialogId: OTHER })];
  const value = { payload: { case: "dialogCreated", value: { dialog: { dialogId: OTHER } } } } as const;
  service.stream.send({ case: "update", value });
  await settled();
  await live.ready();
  assert.deepEqual(ids(live.picture.value.histories.get(OTHER)?.messages ?? []), [7]);
  await live.close();
});

test("a dialog that the user has left meanwhile is no failure", async () => {
  const service = new Service();
  const { live, failures } = await everything(service);
  service.dialogs = [];
  const value = { payload: { case: "dialogRead", value: { dialog: { dialogId: DIALOG } } } } as const;
  service.stream.send({ case: "update", value });
  await settled();
  await live.ready();
  assert.equal(live.picture.value.dialogs.size, 0);
  assert.deepEqual(failures, []);
  await live.close();
});

test("a gap reloads what it names", async () => {
  const service = new Service();
  const { live } = await everything(service);
  service.reads.length = 0;
  service.messages = [message(1)];
  service.stream.send({ case: "gap", value: { reload: [ReloadTarget.MESSAGES] } });
  await settled();
  await live.ready();
  assert.deepEqual(service.reads, [`messages ${DIALOG}`]);
  assert.deepEqual(ids(live.picture.value.histories.get(DIALOG)?.messages ?? []), [1]);
  await live.close();
});

test("what the listener has been told is behind the token that is kept", async () => {
  const service = new Service();
  const { live, resume } = await everything(service);
  service.stream.send({ case: "update", value: {} });
  await settled();
  await live.close();
  assert.equal(await resume.load(), "s0.2");
  assert.ok(service.stream.signal.aborted);
  assert.equal(live.state.value.phase, "closed");
  const again = service.client().liveStore({ everything: true, resume });
  const ready = again.ready();
  await settled();
  assert.equal(service.stream.resumeToken, "s0.2");
  service.stream.open(ResumeOutcome.RESUMED);
  await ready;
  assert.equal(again.picture.value.dialogs.size, 1, "a store that begins reads all, whatever is resumed");
  await again.close();
});

test("a store whose stream is refused for good says so to whoever waits for it", async () => {
  const service = new Service();
  service.refusal = refusal("ERROR_REASON_USER_NOT_FOUND", Code.NotFound);
  const live = service.client().liveStore();
  await assert.rejects(live.ready(), { reason: "ERROR_REASON_USER_NOT_FOUND" });
  assert.equal(live.state.value.phase, "closed");
});

test("a store has to know its user", () => {
  const { transport } = new Service();
  const tokens = async () => ({ token: "t", expires: Number.POSITIVE_INFINITY });
  assert.throws(() => new Chat3Client({ transport, tokens }).liveStore(), /needs to know its user/);
});

test("whoever has many dialogs does not read them all at once", async () => {
  const service = new Service();
  const ids = Array.from({ length: 40 }, (_, place) => `dlg_${String(place).padStart(20, "0")}`);
  service.dialogs = ids.map((dialogId) => dialog({ dialogId }));
  let reading = 0;
  let most = 0;
  service.reading = async () => {
    reading += 1;
    most = Math.max(most, reading);
    await new Promise((resolve) => setImmediate(resolve));
    reading -= 1;
  };
  const live = service.client().liveStore({ everything: true });
  const ready = live.ready();
  await settled();
  service.stream.open();
  await ready;
  assert.equal(live.picture.value.histories.size, 40);
  assert.ok(most > 1 && most <= 8, `${most} at once`);
  await live.close();
});

/** A store of a user with many dialogs, each with two messages. */
async function many(service: Service, count: number) {
  const dialogIds = Array.from({ length: count }, (_, place) => `dlg_${String(place).padStart(20, "0")}`);
  service.dialogs = dialogIds.map((dialogId) => dialog({ dialogId }));
  service.messages = dialogIds.flatMap((dialogId) => [1, 2].map((place) => message(place, { dialogId })));
  const live = service.client().liveStore();
  const ready = live.ready();
  await settled();
  service.stream.open();
  await ready;
  const kept = (): string[] => [...live.picture.value.histories.keys()].sort();
  return { live, dialogIds, kept };
}

test("the messages of the dialogs that were shown last are kept, and no others", async () => {
  const service = new Service();
  const { live, dialogIds, kept } = await many(service, 25);
  for (const dialogId of dialogIds.slice(0, 20)) live.show(dialogId);
  await live.ready();
  assert.deepEqual(kept(), dialogIds.slice(0, 20));
  live.show(dialogIds[0]);
  live.show(undefined);
  for (const dialogId of dialogIds.slice(20)) live.show(dialogId);
  await live.ready();
  assert.deepEqual(kept(), [dialogIds[0], ...dialogIds.slice(6)]);
  assert.ok(live.picture.value.dialogs.has(dialogIds[1] ?? ""), "the dialog itself stays");
  await live.close();
});

test("a dialog that is closed frees its messages, and they are read when it is shown again", async () => {
  const service = new Service();
  const { live, dialogIds, kept } = await many(service, 2);
  const [first = "", second = ""] = dialogIds;
  for (const dialogId of dialogIds) live.show(dialogId);
  await live.ready();
  live.closeDialog(first);
  assert.deepEqual(kept(), [second]);
  live.closeDialog(second);
  assert.deepEqual(kept(), []);
  assert.ok(live.picture.value.dialogs.has(second));
  service.reads.length = 0;
  service.stream.send({ case: "gap", value: { reload: [ReloadTarget.MESSAGES] } });
  await settled();
  assert.deepEqual(service.reads, [], "nothing is shown any more");
  live.show(first);
  await live.ready();
  assert.deepEqual(kept(), [first]);
  assert.ok(live.isCurrent(first));
  await live.close();
});

test("messages that arrive after their dialog was closed are not kept", async () => {
  const service = new Service();
  const { live, dialogIds, kept } = await many(service, 1);
  let arrive = (): void => undefined;
  service.reading = () =>
    new Promise((resolve) => {
      arrive = resolve;
    });
  live.show(dialogIds[0]);
  await settled();
  live.closeDialog(dialogIds[0] ?? "");
  arrive();
  await live.ready();
  assert.deepEqual(kept(), []);
  await live.close();
});
