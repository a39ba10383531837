/** One signed-in user's chat: the live store, and what the user does, brought together. */
import {
  type Chat3Client,
  type Clock,
  type ConnectionState,
  type LiveStore,
  Observable,
  type Picture,
  storageResumeStore,
  type Update,
} from "@chat3/client/web";

import { Actions } from "./actions.js";
import { Outbox } from "./outbox.js";
import { ReadMarks } from "./read_marks.js";
import { TypingSignals, Typists } from "./typing.js";

const HEARTBEAT_MS = 10_000;

export class Chat {
  readonly notice = new Observable("");
  readonly outbox: Outbox;
  readonly typists: Typists;
  readonly actions: Actions;
  readonly #closing = new AbortController();
  readonly #live: LiveStore;
  readonly #signals: TypingSignals;
  readonly #marks: ReadMarks;
  #shown: string | undefined;
  #looking = false;

  constructor(
    readonly userId: string,
    client: Chat3Client,
    clock: Clock,
    storage: Storage,
  ) {
    const { signal } = this.#closing;
    this.#live = client.liveStore({
      user: userId,
      resume: storageResumeStore(storage, userId),
      heartbeatMs: HEARTBEAT_MS,
      listener: { update: (update) => this.#updated(update) },
      onFailure: (error) => this.notice.set(error.describe()),
    });
    this.actions = new Actions(client, this.#live.store, signal, (text) => this.notice.set(text));
    this.outbox = new Outbox((outgoing) => this.actions.deliver(outgoing), signal, storage, userId);
    this.typists = new Typists(clock);
    this.#signals = new TypingSignals(clock, (dialogId) => void this.actions.typing(dialogId));
    this.#marks = new ReadMarks(this.picture, this.actions, clock);
    this.picture.subscribe(() => this.#look());
  }

  get picture(): Observable<Picture> {
    return this.#live.picture;
  }

  get connection(): Observable<ConnectionState> {
    return this.#live.state;
  }

  start(): void {
    this.#live.start();
    this.outbox.resume();
  }

  close(): void {
    this.#closing.abort();
    void this.#live.close();
  }

  reconnect(): void {
    this.#live.reconnect();
  }

  /** Shows a dialog, or none. */
  show(dialogId: string | undefined): void {
    this.#shown = dialogId;
    this.#live.show(dialogId);
    this.#look();
  }

  /** Whether the user can see the newest messages of the dialog that is shown. */
  looking(looking: boolean): void {
    this.#looking = looking;
    this.#look();
  }

  older(dialogId: string): void {
    void this.#live.older(dialogId);
  }

  moreDialogs(): void {
    void this.#live.moreDialogs();
  }

  send(dialogId: string, text: string): void {
    this.#signals.done();
    this.outbox.send(dialogId, text);
  }

  typed(dialogId: string): void {
    this.#signals.typed(dialogId);
  }

  #updated({ payload }: Update): void {
    if (payload.case === "typing") this.typists.began(payload.value);
    const message = payload.case === "messageCreated" ? payload.value.message : undefined;
    if (message === undefined) return;
    this.typists.ended(message.dialogId, message.senderId);
    if (!message.mine) this.#marks.arrived(message.messageId);
    this.#look();
  }

  /** A history that is not read yet shows other messages than those that are counted as unread. */
  #look(): void {
    const shown = this.#shown !== undefined && this.#looking && this.#live.isCurrent(this.#shown);
    this.#marks.look(shown ? this.#shown : undefined);
  }
}
