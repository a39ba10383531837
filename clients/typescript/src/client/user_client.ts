/** The client of one user. */
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type CallOptions, type Client, createClient } from "@connectrpc/connect";

import type { Dialog } from "../gen/chat3/user/v1/dialog_pb.js";
import type { DialogMember } from "../gen/chat3/user/v1/member_pb.js";
import type { Message } from "../gen/chat3/user/v1/message_pb.js";
import { UserService } from "../gen/chat3/user/v1/user_service_pb.js";
import { LiveStore, type LiveStoreOptions } from "../store/live_store.js";
import { type CatchUpOptions, catchUp } from "../stream/catch_up.js";
import {
  type GapEvent,
  type UpdateEvent,
  UpdateStream,
  type UpdatesListener,
  type UpdatesOptions,
} from "../stream/update_stream.js";
import { report, tell } from "./callbacks.js";
import { type OverTransport, type Parts, partsOfUser, type UserOptions } from "./options.js";
import { itemsOf } from "./pages.js";

/** Every method of `UserService`, with its messages as plain objects. */
export type UserCalls = Client<typeof UserService>;

/** What a list of dialogs takes; the contract has the rules of filters and sorts. */
export interface DialogsRequest {
  readonly filter?: string;
  readonly sort?: string;
  /** How many dialogs one call reads, 1 to 100: 100 if it is not set. */
  readonly pageSize?: number;
  readonly includeLastMessage?: boolean;
}

export interface HistoryRequest {
  readonly filter?: string;
  /** By creation time, newest first, if it is not set. */
  readonly sort?: string;
  /** How many messages one call reads, 1 to 100: 100 if it is not set. */
  readonly pageSize?: number;
}

/** What a client in callback form is told besides the events. */
export interface SubscribeListener extends UpdatesListener {
  /**
   * The stream has ended with what no repetition changes, or with what the listener threw. If it is not
   * set the logger is told.
   */
  readonly failed?: ((error: unknown) => void) | undefined;
}

const PAGE_SIZE = 100;

/** The unary methods of the service, made of its descriptor. */
const Calls = class {
  constructor(readonly rpc: UserCalls) {
    Object.assign(this, rpc);
  }
} as unknown as new (
  rpc: UserCalls,
) => Omit<UserCalls, "subscribeUpdates"> & {
  /** All methods of the contract, streams included, as connect has them. */
  readonly rpc: UserCalls;
};

/**
 * Calls have a deadline and are repeated where that helps; a mutation gets one idempotency key for all
 * its attempts. They fail with a `Chat3Error`. `onHeader` and `onTrailer` of a call's options are told of
 * the raw metadata, such as `idempotency-replayed`.
 */
export class Chat3Client extends Calls {
  /** The user, where the options named one. */
  readonly user: string | undefined;
  readonly #parts: Parts;

  constructor(options: UserOptions & OverTransport) {
    const parts = partsOfUser(options);
    super(createClient(UserService, parts.transport));
    this.#parts = parts;
    this.user = options.user;
  }

  /** All dialogs of the user; pages are read as they are wanted, and no dialog comes twice. */
  dialogs(
    { pageSize = PAGE_SIZE, ...request }: DialogsRequest = {},
    options: CallOptions = {},
  ): AsyncGenerator<Dialog, void, undefined> {
    return itemsOf(this.rpc.getUserDialogs, { ...request, pageSize }, ({ dialogs }) => dialogs, {
      ...options,
      idOf: ({ dialogId }) => dialogId,
    });
  }

  /** The messages of a dialog, newest first; pages are read as they are wanted. */
  history(
    dialogId: string,
    { pageSize = PAGE_SIZE, ...request }: HistoryRequest = {},
    options: CallOptions = {},
  ): AsyncGenerator<Message, void, undefined> {
    const wanted = { ...request, dialogId, pageSize };
    return itemsOf(this.rpc.getDialogMessages, wanted, ({ messages }) => messages, options);
  }

  /** The members of a dialog; pages are read as they are wanted. */
  members(dialogId: string, options: CallOptions = {}): AsyncGenerator<DialogMember, void, undefined> {
    const wanted = { dialogId, pageSize: PAGE_SIZE };
    return itemsOf(this.rpc.listDialogMembers, wanted, ({ members }) => members, {
      ...options,
      idOf: ({ userId }) => userId,
    });
  }

  /** The user's updates, as an async iterable of events. Nothing is sent before it is read. */
  updates(options: UpdatesOptions = {}): UpdateStream {
    const { kinds = [], dialogIds = [], heartbeatMs } = options;
    const request = {
      updateKinds: [...kinds],
      dialogIds: [...dialogIds],
      ...(heartbeatMs === undefined ? {} : { heartbeatInterval: durationFromMs(heartbeatMs) }),
    };
    return new UpdateStream(
      (resumeToken, signal) => this.rpc.subscribeUpdates({ ...request, resumeToken }, { signal }),
      options,
      this.#parts.clock,
      this.#parts.logger,
      this.#parts.wakeups,
    );
  }

  /** The user's updates in callback form; after the function returned was called, nobody is told anything. */
  subscribe(listener: SubscribeListener, options: UpdatesOptions = {}): () => void {
    const stream = this.updates(options);
    stream.run(listener).catch((error: unknown) => {
      const { logger } = this.#parts;
      if (listener.failed) tell(() => listener.failed?.(error));
      else if (logger.warn) logger.warn("a subscription has ended", { error });
      else report(error);
    });
    return () => stream.close();
  }

  /** The updates that were missed since the last token, without a stream. */
  catchUp(options: CatchUpOptions): AsyncGenerator<UpdateEvent | GapEvent, void, undefined> {
    return catchUp(this.rpc.listUpdates, options);
  }

  /** A local copy of the user's dialogs that updates keep current. */
  liveStore(options: LiveStoreOptions = {}): LiveStore {
    const user = options.user ?? this.user;
    if (user === undefined) throw new TypeError("a live store needs to know its user");
    return new LiveStore(this, { ...options, user }, this.#parts);
  }
}
