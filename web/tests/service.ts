/** A service in memory, as a page sees one: behind connect's router, with streams that a test feeds. */
import { Chat3Client, Code, create, type Dialog, type Message, MessageSchema } from "@chat3/client/core";
import {
  FakeClock,
  type FakeService,
  FakeStream,
  fakeTransport,
  refusal,
  settled,
} from "@chat3/client/testing";

import { Chat } from "../src/chat/chat.js";
import { at, DIALOG, dialog, FakeStorage } from "./fakes.js";

export class Service {
  readonly clock = new FakeClock();
  readonly storage = new FakeStorage();
  readonly streams: FakeStream[] = [];
  /** The methods that were called, in order. */
  readonly calls: string[] = [];
  /** The messages that were marked as read, in order. */
  readonly marked: string[] = [];
  dialogs: Dialog[] = [dialog()];
  messages: Message[] = [];
  /** The first answers to a method: errors to fail with, or promises to wait for. */
  readonly first = new Map<string, (Error | Promise<void>)[]>();
  readonly #written = new Map<string, Message>();

  readonly #counted: NonNullable<FakeService["interceptors"]>[number] = (next) => async (request) => {
    this.calls.push(request.method.name);
    const answer = this.first.get(request.method.name)?.shift();
    if (answer instanceof Error) throw answer;
    const response = await next(request);
    // What was read is on its way for as long as the test wants.
    await answer;
    return response;
  };

  readonly transport = fakeTransport({
    interceptors: [this.#counted],
    user: {
      getMyself: () => ({ user: { userId: "alice", displayName: "Alice" }, stats: {} }),
      getUserDialogs: () => ({ dialogs: this.dialogs }),
      getDialog: ({ dialogId }) => {
        const found = this.dialogs.find((other) => other.dialogId === dialogId);
        if (found === undefined) throw refusal("ERROR_REASON_NOT_A_MEMBER", Code.PermissionDenied);
        return { dialog: found };
      },
      getDialogMessages: ({ pageSize, pageToken }) => {
        const newest = this.messages.toReversed();
        const from = Number(pageToken || 0);
        const to = from + pageSize;
        return { messages: newest.slice(from, to), nextPageToken: to < newest.length ? String(to) : "" };
      },
      getMessage: ({ messageId }) => ({ message: this.#find(messageId) }),
      sendMessage: ({ dialogId, content, meta, idempotencyKey }) => ({
        message: this.#write(idempotencyKey, { dialogId, content, ...(meta && { meta }) }),
      }),
      setMessageStatus: ({ messageId }) => {
        this.marked.push(messageId);
        return {};
      },
      markDialogRead: () => ({ membership: { userId: "alice", unreadCount: 0 } }),
      subscribeUpdates: ({ resumeToken }, { signal }) => {
        const stream = new FakeStream(resumeToken, signal, `s${this.streams.length}`);
        this.streams.push(stream);
        return stream;
      },
    },
  });

  /** The chat of alice, with its stream open and everything read. */
  async chat(shown: string | undefined = DIALOG): Promise<Chat> {
    const client = new Chat3Client({
      transport: this.transport,
      tokens: async () => ({ token: "t", expires: Number.POSITIVE_INFINITY }),
      clock: this.clock,
      retryForMs: Number.POSITIVE_INFINITY,
    });
    const chat = new Chat("alice", client, this.clock, this.storage);
    chat.show(shown);
    chat.start();
    await settled();
    this.stream.open();
    await settled();
    return chat;
  }

  get stream(): FakeStream {
    const last = this.streams.at(-1);
    if (last === undefined) throw new Error("no stream was opened");
    return last;
  }

  #find(messageId: string): Message {
    const found = this.messages.find((other) => other.messageId === messageId);
    if (found === undefined) throw refusal("ERROR_REASON_MESSAGE_NOT_FOUND", Code.NotFound);
    return found;
  }

  /** Writes once for a key, whatever number of attempts there are. */
  #write(key: string, init: { dialogId: string; content: string; meta?: Message["meta"] }): Message {
    const place = this.messages.length + 1;
    const written = this.#written.get(key);
    if (written !== undefined) return written;
    const messageId = `msg_${String(place).padStart(20, "0")}`;
    const { meta = {}, ...rest } = init;
    const made = create(MessageSchema, {
      ...rest,
      meta,
      messageId,
      senderId: "alice",
      mine: true,
      type: "internal.text",
      createTime: at(place),
    });
    this.messages.push(made);
    this.#written.set(key, made);
    return made;
  }
}
