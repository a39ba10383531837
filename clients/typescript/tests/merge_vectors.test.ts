/** The merge rules of docs/guarantees.md, as vectors that the service's own rules made. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { type DescMessage, fromJson, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";

import { DialogSchema } from "../src/gen/chat3/user/v1/dialog_pb.js";
import { MessageSchema } from "../src/gen/chat3/user/v1/message_pb.js";
import { PartialPackSchema } from "../src/gen/chat3/user/v1/pack_updates_pb.js";
import { UpdateSchema } from "../src/gen/chat3/user/v1/update_pb.js";
import { UserInfoSchema, UserStatsSchema } from "../src/gen/chat3/user/v1/user_pb.js";
import { LocalStore } from "../src/store/local_store.js";

type Json = Record<string, JsonValue>;

/** What a store holds, in proto3 JSON. */
interface Held {
  readonly userId: string;
  readonly dialogs: Json[];
  readonly messages: Json[];
  readonly packs?: Json[];
  readonly profile?: Json;
  readonly stats?: Json;
}

interface Vector {
  readonly name: string;
  readonly about: string;
  readonly known: Held;
  readonly updates: Json[];
  readonly after: Held;
  readonly untold: Record<string, string[]>;
  readonly readAgain: { read: string; dialogId: string; messageId?: string }[][];
}

const LAST_MESSAGE = ["messageId", "content", "senderId", "type", "deleted", "deleteTime", "deletedBy"];

const place = new URL("../../../../tests/scenario/merge_vectors.json", import.meta.url);
const vectors = JSON.parse(readFileSync(place, "utf8")) as Vector[];

/** Through its message, so that absent fields and defaults are one thing. */
function normal<Desc extends DescMessage>(schema: Desc, json: JsonValue): Json {
  return toJson(schema, fromJson(schema, json) as MessageShape<Desc>) as Json;
}

/** A store that keeps the messages of all dialogs, also of those that it comes to know. */
function filled({ known, after }: Vector): LocalStore {
  const { userId, dialogs, messages, packs = [], profile, stats } = known;
  const store = new LocalStore(userId);
  store.putDialogs(dialogs.map((dialog) => fromJson(DialogSchema, dialog)));
  const read = messages.map((message) => fromJson(MessageSchema, message));
  for (const dialogId of new Set([...dialogs, ...after.messages].map((each) => String(each.dialogId)))) {
    store.putMessages(
      dialogId,
      read.filter((message) => message.dialogId === dialogId),
    );
  }
  store.picture.change((picture) => ({
    ...picture,
    packs: new Map(
      packs.map((pack) => fromJson(PartialPackSchema, pack)).map((pack) => [pack.packId, pack] as const),
    ),
    ...(profile && { profile: fromJson(UserInfoSchema, profile) }),
    ...(stats && { stats: fromJson(UserStatsSchema, stats) }),
  }));
  return store;
}

function byId(items: readonly Json[], id: string): Record<string, Json> {
  return Object.fromEntries(items.map((item) => [String(item[id]), unordered(item)]));
}

/** Reactions and counts have no order. */
function unordered(item: Json): Json {
  const entries = Object.entries(item).map(([name, value]) =>
    Array.isArray(value) ? [name, value.map((each) => JSON.stringify(each)).sort()] : [name, value],
  );
  return Object.fromEntries(entries) as Json;
}

function dialogsOf(dialogs: readonly Json[]): Record<string, Json> {
  const compared = dialogs.map((dialog) => {
    const last = dialog.lastMessage as Json | undefined;
    if (last === undefined) return dialog;
    const kept = Object.entries(last).filter(([name]) => LAST_MESSAGE.includes(name));
    return { ...dialog, lastMessage: Object.fromEntries(kept) as Json };
  });
  return byId(compared, "dialogId");
}

function messagesOf(messages: readonly Json[], untold: Vector["untold"]): Record<string, Json> {
  const told = messages.map((message) => {
    const left = untold[String(message.messageId)] ?? [];
    return Object.fromEntries(Object.entries(message).filter(([name]) => !left.includes(name))) as Json;
  });
  return byId(told, "messageId");
}

function held(store: LocalStore, untold: Vector["untold"]) {
  const { dialogs, histories, packs, profile, stats } = store.picture.value;
  const messages = [...histories.values()].flatMap((history) => history.messages);
  return {
    dialogs: dialogsOf([...dialogs.values()].map((dialog) => toJson(DialogSchema, dialog) as Json)),
    messages: messagesOf(
      messages.map((message) => toJson(MessageSchema, message) as Json),
      untold,
    ),
    packs: byId(
      [...packs.values()].map((pack) => toJson(PartialPackSchema, pack) as Json),
      "packId",
    ),
    profile: profile && toJson(UserInfoSchema, profile),
    stats: stats && toJson(UserStatsSchema, stats),
  };
}

function expected({ after, untold }: Vector) {
  return {
    dialogs: dialogsOf(after.dialogs.map((dialog) => normal(DialogSchema, dialog))),
    messages: messagesOf(
      after.messages.map((message) => normal(MessageSchema, message)),
      untold,
    ),
    packs: byId(
      (after.packs ?? []).map((pack) => normal(PartialPackSchema, pack)),
      "packId",
    ),
    profile: after.profile && normal(UserInfoSchema, after.profile),
    stats: after.stats && normal(UserStatsSchema, after.stats),
  };
}

for (const vector of vectors) {
  test(`${vector.about}: ${vector.name}`, () => {
    const store = filled(vector);
    for (const [place, update] of vector.updates.entries()) {
      const reads = store.apply(fromJson(UpdateSchema, update));
      const asked = reads.map((read) =>
        JSON.stringify([read.what, read.dialogId, "messageId" in read && read.messageId]),
      );
      for (const { read, dialogId, messageId } of vector.readAgain[place] ?? []) {
        const wanted = JSON.stringify([read, dialogId, messageId ?? false]);
        assert.ok(asked.includes(wanted), `${wanted} is not read again, only ${asked}`);
      }
    }
    assert.deepEqual(held(store, vector.untold), expected(vector));
  });
}

test("there are vectors for every kind of thing that a store holds", () => {
  const about = new Set(vectors.map((vector) => vector.about));
  assert.deepEqual([...about].sort(), ["dialogs", "messages", "packs", "profile", "stats"]);
});
