/**
 * The names and shapes of the platform's own client, `@chat3/user-grpc-client-ts`, on top of this
 * library: for code that moves in small steps. `docs/clients/migration.md` says what differs.
 */
import type { JsonObject } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Transport } from "@connectrpc/connect";

import { tell } from "./client/callbacks.js";
import { Chat3Error } from "./client/errors.js";
import { Chat3Client } from "./client/user_client.js";
import { MessageStatus, ReactionAction } from "./gen/chat3/user/v1/message_pb.js";
import {
  type LegacyDialog,
  type LegacyMessage,
  type LegacyUpdate,
  legacyConnection,
  legacyDialog,
  legacyGap,
  legacyMessage,
  legacyUpdate,
} from "./legacy/shapes.js";
import { nodeTransport } from "./node/transport.js";
import { endedBy } from "./stream/ended_by.js";

export type { LegacyDialog, LegacyMessage, LegacySender, LegacyUpdate } from "./legacy/shapes.js";

export interface Chat3GrpcClientOptions {
  /** `host:port`, as before, or an URL. */
  url: string;
  apiKey: string;
  tenantId: string;
  /** The user, where calls do not name one. */
  userId?: string;
  /** Told of a stream in callback form that has ended for good; the console is if it is not set. */
  onError?: (error: Chat3Error) => void;
  /** For tests, instead of `url`. */
  transport?: Transport;
}

/** The user of one call, where the client has none. */
interface OfUser {
  userId?: string;
}

export interface ListOptions extends OfUser {
  page?: number;
  limit?: number;
  /** By the rules of this service's contract: it names fields in snake_case. */
  filter?: string;
  /** `(field,asc)` or `(field,desc)`. */
  sort?: string;
}

export interface GetUserDialogsOptions extends ListOptions {
  includeLastMessage?: boolean;
}

export interface SendMessageOptions extends OfUser {
  content?: string;
  type?: string;
  meta?: JsonObject;
  idempotencyKey?: string;
}

export interface Pagination {
  page: number;
  limit: number;
  total: number;
  pages: number;
}

const STATUSES: Readonly<Record<string, MessageStatus>> = {
  unread: MessageStatus.UNREAD,
  delivered: MessageStatus.DELIVERED,
  read: MessageStatus.READ,
};

export class Chat3GrpcClient {
  readonly #transport: Transport;
  readonly #open = new Set<AbortController>();

  constructor(private readonly options: Chat3GrpcClientOptions) {
    this.#transport = options.transport ?? nodeTransport({ address: options.url });
  }

  async getUserDialogs(
    options: GetUserDialogsOptions = {},
  ): Promise<{ dialogs: LegacyDialog[]; pagination: Pagination }> {
    const { includeLastMessage = false } = options;
    const request = { ...pageOf(options), includeLastMessage, includeTotalSize: true };
    const { dialogs, totalSize } = await this.as(options.userId).getUserDialogs(request);
    return {
      dialogs: dialogs.map((dialog) => legacyDialog(dialog, this.options.tenantId)),
      pagination: paginationOf(request, totalSize),
    };
  }

  async getDialogMessages(
    dialog: string | (ListOptions & { dialogId: string }),
    options: ListOptions = {},
  ): Promise<{ messages: LegacyMessage[]; pagination: Pagination }> {
    const { dialogId, ...wanted } = typeof dialog === "string" ? { ...options, dialogId: dialog } : dialog;
    const request = { ...pageOf(wanted), dialogId, includeTotalSize: true };
    const { messages, totalSize } = await this.as(wanted.userId).getDialogMessages(request);
    return { messages: messages.map(legacyMessage), pagination: paginationOf(request, totalSize) };
  }

  /** `(dialogId, senderId, options)`, or one object with `userId` and `dialogId`. */
  async sendMessage(
    dialog: string | (SendMessageOptions & { dialogId: string }),
    senderId?: string,
    options: SendMessageOptions = {},
  ): Promise<{ message: LegacyMessage | null }> {
    const { dialogId, userId, content, type, meta, idempotencyKey } =
      typeof dialog === "string" ? { ...options, dialogId: dialog, userId: senderId } : dialog;
    const { message } = await this.as(userId).sendMessage({
      dialogId,
      content: content ?? "",
      type: type ?? "internal.text",
      ...(meta && { meta }),
      ...(idempotencyKey && { idempotencyKey }),
    });
    return { message: message ? legacyMessage(message) : null };
  }

  /** `status` is `read`, `delivered` or `unread`. */
  async setMessageStatus(
    options: OfUser & { dialogId: string; messageId: string; status: string },
  ): Promise<{ status: { user_id: string; status: string } }> {
    const { dialogId, messageId } = options;
    const status = STATUSES[options.status] ?? MessageStatus.UNSPECIFIED;
    const { record } = await this.as(options.userId).setMessageStatus({ dialogId, messageId, status });
    return { status: { user_id: record?.userId ?? "", status: record?.statusName || options.status } };
  }

  async setMessageReaction(
    options: OfUser & { dialogId: string; messageId: string; reaction: string; set?: boolean },
  ): Promise<{ changed: boolean }> {
    const { dialogId, messageId, reaction, set = true } = options;
    const action = set ? ReactionAction.SET : ReactionAction.UNSET;
    const request = { dialogId, messageId, reaction, action };
    const { changed } = await this.as(options.userId).setMessageReaction(request);
    return { changed };
  }

  async sendTypingIndicator(
    options: OfUser & { dialogId: string },
  ): Promise<{ dialog_id: string; user_id: string; expires_in_ms: number }> {
    const { dialogId } = options;
    const user = this.as(options.userId);
    const { expiresIn } = await user.sendTypingIndicator({ dialogId });
    return {
      dialog_id: dialogId,
      user_id: user.user ?? "",
      expires_in_ms: expiresIn ? durationMs(expiresIn) : 0,
    };
  }

  async markDialogAllRead(options: OfUser & { dialogId: string }): Promise<{ dialog_id: string }> {
    const { dialogId } = options;
    await this.as(options.userId).markDialogRead({ dialogId });
    return { dialog_id: dialogId };
  }

  /** Needs the dialog, which the platform's own client did not ask for. */
  async setMessageDeleted(
    options: OfUser & { dialogId: string; messageId: string; deleted: boolean },
  ): Promise<{ message: LegacyMessage | null }> {
    const { dialogId, messageId, deleted } = options;
    const user = this.as(options.userId);
    const request = { dialogId, messageId };
    const { message } = await (deleted ? user.deleteMessage(request) : user.restoreMessage(request));
    return { message: message ? legacyMessage(message) : null };
  }

  /** With a callback: returns the function that ends it. With a user, or nothing: an async iterable. */
  subscribeUpdates(callback: (update: LegacyUpdate) => void, userId?: string): () => void;
  subscribeUpdates(userId?: string): AsyncIterable<LegacyUpdate>;
  subscribeUpdates(
    first?: string | ((update: LegacyUpdate) => void),
    userId?: string,
  ): (() => void) | AsyncIterable<LegacyUpdate> {
    const closing = new AbortController();
    if (typeof first !== "function")
      return endedBy(this.#updates(this.as(first), closing), () => closing.abort());
    void this.#tell(this.as(userId), closing, first);
    return () => closing.abort();
  }

  /** The library's own client of a user: for everything that has no legacy name. */
  as(userId: string | undefined = this.options.userId): Chat3Client {
    if (userId === undefined) throw new TypeError("a call needs a user: name one in it or in the client");
    const { apiKey, tenantId: tenant } = this.options;
    return new Chat3Client({ transport: this.#transport, apiKey, tenant, user: userId });
  }

  /** Ends all streams. Calls can be made after it, as with a new client. */
  close(): void {
    for (const closing of this.#open) closing.abort();
  }

  async #tell(
    client: Chat3Client,
    closing: AbortController,
    callback: (update: LegacyUpdate) => void,
  ): Promise<void> {
    try {
      for await (const update of this.#updates(client, closing)) {
        if (closing.signal.aborted) return;
        callback(update);
      }
    } catch (error) {
      const { onError = ({ message }) => console.error("[Chat3GrpcClient] Stream error:", message) } =
        this.options;
      tell(() => onError(Chat3Error.from(error)));
    }
  }

  async *#updates(
    client: Chat3Client,
    closing: AbortController,
  ): AsyncGenerator<LegacyUpdate, void, undefined> {
    const { tenantId } = this.options;
    this.#open.add(closing);
    try {
      for await (const event of client.updates({ signal: closing.signal })) {
        const about = { user_id: client.user ?? "", tenant_id: tenantId };
        if (event.type === "connected") yield legacyConnection(event, about);
        else if (event.type === "gap") yield legacyGap(event.gap, about);
        else if (event.type === "update") yield legacyUpdate(event.update, tenantId);
      }
    } finally {
      this.#open.delete(closing);
    }
  }
}

function pageOf({ page = 1, limit = 10, filter = "", sort = "" }: ListOptions) {
  return { page, pageSize: limit, filter, sort };
}

function paginationOf({ page, pageSize }: { page: number; pageSize: number }, total = 0): Pagination {
  return { page, limit: pageSize, total, pages: Math.ceil(total / pageSize) };
}
