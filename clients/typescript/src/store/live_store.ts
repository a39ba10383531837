/** A local copy of a user's dialogs: read once, then kept current by the stream of updates. */
import { Code, ConnectError } from "@connectrpc/connect";

import { report } from "../client/callbacks.js";
import { Chat3Error, SignInRequiredError } from "../client/errors.js";
import type { Parts } from "../client/options.js";
import type { Chat3Client } from "../client/user_client.js";
import { type Gap, ReloadTarget, ResumeOutcome } from "../gen/chat3/user/v1/update_stream_pb.js";
import type { ConnectionState } from "../stream/connection.js";
import type { ResumeStore } from "../stream/resume_store.js";
import type { Connected, UpdateStream, UpdatesListener } from "../stream/update_stream.js";
import { LocalStore } from "./local_store.js";
import type { Read } from "./merge.js";
import { Observable } from "./observable.js";
import { type Picture, withoutHistory } from "./picture.js";
import { Reader } from "./reader.js";
import { Reading } from "./reading.js";

export interface LiveStoreOptions {
  /** The user: the client's own if it is not set. */
  readonly user?: string | undefined;
  /** Where the resume token is kept: in memory if it is not set. */
  readonly resume?: ResumeStore | undefined;
  /** The longest silence wanted on the stream, in ms: 30 seconds if it is not set. */
  readonly heartbeatMs?: number | undefined;
  /**
   * Keeps all dialogs with all of their messages: for few and small ones. If it is not set, the store has
   * the first dialogs and what `show`, `older` and `moreDialogs` ask for.
   */
  readonly everything?: boolean | undefined;
  /**
   * Told of the events of the stream, after the store has dealt with them. What it throws ends the stream,
   * and stands in `state`.
   */
  readonly listener?: UpdatesListener | undefined;
  /** Told of what cannot be read; the logger is if it is not set. The end of the stream is in `state`. */
  readonly onFailure?: ((error: Chat3Error) => void) | undefined;
}

/** The dialogs that were shown last and whose messages are kept, so that they are there when one goes back. */
const KEPT = 20;

export class LiveStore {
  readonly user: string;
  readonly store: LocalStore;
  readonly state = new Observable<ConnectionState>({ phase: "connecting" });
  readonly #closing = new AbortController();
  readonly #reader: Reader;
  readonly #reading: Reading;
  readonly #updates: UpdateStream;
  /** Dialogs whose history is not what it was: read again, or about to be. */
  readonly #stale = new Set<string>();
  #shown: string | undefined;
  /** The dialogs whose messages are kept, the one that was shown last at the end. */
  readonly #kept = new Set<string>();
  #loaded = false;
  /** Why it has ended, unless the stream itself says so. */
  #failure: Chat3Error | undefined;
  #running: Promise<void> | undefined;
  #opened: () => void = () => undefined;
  /** Fulfilled when the stream is open for the first time. */
  readonly #first = new Promise<void>((resolve) => {
    this.#opened = resolve;
  });

  constructor(
    client: Chat3Client,
    private readonly options: LiveStoreOptions & { readonly user: string },
    { logger }: Parts,
  ) {
    const { signal } = this.#closing;
    const { user, resume, heartbeatMs } = options;
    this.user = user;
    this.store = new LocalStore(user);
    this.#reader = new Reader(signal, (error) => {
      if (error instanceof SignInRequiredError) this.#end(error);
      else if (options.onFailure) options.onFailure(Chat3Error.from(error));
      else if (logger.warn) logger.warn("a live store could not read", { error });
      else report(error);
    });
    this.#reading = new Reading(client.rpc, this.store, signal, this.#everything);
    this.#updates = client.updates({
      ...(resume && { resume }),
      ...(heartbeatMs !== undefined && { heartbeatMs }),
      signal,
      onState: (state) => this.#show(state),
    });
  }

  /** What the user sees. A new object each time that it changes; nothing in it is changed in place. */
  get picture(): Observable<Picture> {
    return this.store.picture;
  }

  /** Opens the stream first; what is shown is read once it is open, so nothing falls between. */
  start(): this {
    const { listener = {} } = this.options;
    this.#running ??= this.#updates.run({
      ...listener,
      connected: (event) => {
        this.#connected(event);
        return listener.connected?.(event);
      },
      update: (update) => {
        for (const read of this.store.apply(update)) this.#read(read);
        return listener.update?.(update);
      },
      gap: (gap) => {
        this.#gap(gap);
        return listener.gap?.(gap);
      },
    });
    // Whoever waits for `ready` is told; `state` has the error for all others.
    this.#running.catch((error: unknown) => this.#end(error));
    return this;
  }

  /**
   * Starts it, and waits until it has read everything that it must. Rejects if no stream opens, if it is
   * closed before, or with the failure of what cannot be read.
   */
  async ready(): Promise<this> {
    this.start();
    await Promise.race([this.#first, this.#running]);
    if (!this.#loaded) throw new Chat3Error(new ConnectError("the live store was closed", Code.Canceled));
    await this.#reader.idle();
    return this;
  }

  /** Closes the stream; what its reader has dealt with is stored when the promise is fulfilled. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running?.catch(() => undefined);
  }

  /** Opens the stream again at once: ends the wait for it, or replaces the one that is open. Nothing is lost. */
  reconnect(): void {
    this.#updates.reconnect();
  }

  /**
   * Keeps the messages of a dialog current, or those of none. The messages of the 20 dialogs that were shown last
   * stay, unless `closeDialog` forgets them.
   */
  show(dialogId: string | undefined): void {
    this.#shown = dialogId;
    if (dialogId === undefined) return;
    this.#keep(dialogId);
    if (!this.#loaded) return;
    this.#readShown();
    if (!this.picture.value.histories.has(dialogId)) this.#readHistory(dialogId);
  }

  /**
   * Forgets the messages of a dialog, and shows it no longer; the dialog itself stays. With `everything` they are
   * read again when something asks for it.
   */
  closeDialog(dialogId: string): void {
    if (dialogId === this.#shown) this.#shown = undefined;
    this.#kept.delete(dialogId);
    this.#stale.delete(dialogId);
    this.store.closeDialog(dialogId);
  }

  /**
   * Adds older messages of a dialog that is shown. Fulfilled when they are there, or could not be read:
   * then `onFailure` is told. `olderToken` of the history is empty when there are none.
   */
  older(dialogId: string): Promise<void> {
    return this.#reader.once(`older ${dialogId}`, () => this.#older(dialogId));
  }

  /** Adds the next page of the list of dialogs. Fulfilled as `older` is. */
  moreDialogs(): Promise<void> {
    return this.#reader.once("more dialogs", () => this.#reading.moreDialogs());
  }

  /** Whether all messages of the dialog that belong to the picture are in it. */
  isCurrent(dialogId: string): boolean {
    return this.picture.value.histories.has(dialogId) && !this.#stale.has(dialogId);
  }

  /** Ends for a failure that is not the stream's own, such as what a listener has thrown. */
  #end(error: unknown): void {
    this.#failure ??= Chat3Error.from(error);
    this.#closing.abort();
    this.#show({ phase: "closed" });
  }

  /** A stream that is closed for such a failure does not know it. */
  #show(state: ConnectionState): void {
    const { value } = this.state;
    const error = state.phase === "closed" ? (state.error ?? this.#failure) : undefined;
    if (value.phase === "closed" && (value.error ?? error) === value.error) return;
    this.state.set(error === undefined ? state : { phase: "closed", error });
  }

  get #everything(): boolean {
    return this.options.everything ?? false;
  }

  #connected({ outcome }: Connected): void {
    // A gap says itself what to read; a stream that begins now has no gap and leaves one behind.
    if (!this.#loaded || outcome === ResumeOutcome.FRESH) this.#readAll();
    this.#loaded = true;
    this.#opened();
  }

  #gap({ reload }: Gap): void {
    if (reload.includes(ReloadTarget.DIALOGS)) this.#readDialogs();
    if (reload.includes(ReloadTarget.MESSAGES)) this.#readHistories();
  }

  #readAll(): void {
    this.#readDialogs();
    this.#readHistories();
  }

  #readDialogs(): void {
    this.#reader.want("myself", () => this.#reading.myself());
    this.#reader.want("dialogs", async () => {
      await this.#reading.dialogs();
      this.#readShown();
      if (!this.#everything) return;
      for (const dialogId of this.picture.value.dialogs.keys()) {
        if (!this.picture.value.histories.has(dialogId)) this.#readHistory(dialogId);
      }
    });
  }

  /** A dialog that is not on the first pages of the list can be shown. */
  #readShown(): void {
    const dialogId = this.#shown;
    if (dialogId === undefined || this.picture.value.dialogs.has(dialogId)) return;
    this.#read({ what: "dialog", dialogId });
  }

  /** What is shown is read now, what was shown before when it is shown again. */
  #readHistories(): void {
    for (const dialogId of this.picture.value.histories.keys()) {
      if (this.#everything) this.#readHistory(dialogId);
      else if (dialogId !== this.#shown) this.picture.change((picture) => withoutHistory(picture, dialogId));
    }
    if (this.#shown !== undefined && !this.#everything) this.#readHistory(this.#shown);
  }

  #read(read: Read): void {
    const { dialogId } = read;
    switch (read.what) {
      case "dialog":
        this.#reader.want(`dialog ${dialogId}`, () => this.#reading.dialog(dialogId));
        break;
      case "messages":
        if (this.#everything || this.picture.value.histories.has(dialogId)) this.#readHistory(dialogId);
        break;
      case "message":
        this.#reader.want(`message ${read.messageId}`, () => this.#reading.message(dialogId, read.messageId));
        break;
    }
  }

  #readHistory(dialogId: string): void {
    this.#stale.add(dialogId);
    this.#reader.want(`messages ${dialogId}`, () =>
      this.#reading.history(dialogId, () => {
        this.#stale.delete(dialogId);
        return this.#everything || this.#kept.has(dialogId);
      }),
    );
  }

  /** Lets go of the dialog that was not shown for longest, when there are too many. */
  #keep(dialogId: string): void {
    this.#kept.delete(dialogId);
    this.#kept.add(dialogId);
    const [oldest] = this.#kept;
    if (this.#everything || oldest === undefined || this.#kept.size <= KEPT) return;
    this.#kept.delete(oldest);
    this.store.closeDialog(oldest);
  }

  /** A token that the service does not take any more is replaced with the history. */
  async #older(dialogId: string): Promise<void> {
    try {
      await this.#reading.older(dialogId);
    } catch (error) {
      if (!Chat3Error.from(error).is("ERROR_REASON_PAGE_TOKEN_INVALID")) throw error;
      this.#readHistory(dialogId);
    }
  }
}
