/** One signed-in user's chat: the stream, the picture, and what the user does, brought together. */
import type { Clock } from "../client/clock.js";
import { failureOf } from "../client/failures.js";
import type { UserClient } from "../client/transport.js";
import type { Update } from "../gen/chat3/user/v1/update_pb.js";
import { type Gap, ReloadTarget, ResumeOutcome } from "../gen/chat3/user/v1/update_stream_pb.js";
import type { Read } from "../store/merge.js";
import { Observable } from "../store/observable.js";
import { withoutHistory } from "../store/picture.js";
import { tabBookmark } from "../stream/bookmark.js";
import type { Connection } from "../stream/connection.js";
import { HEARTBEAT_SECONDS, Subscription } from "../stream/subscription.js";
import { Actions } from "./actions.js";
import { Board } from "./board.js";
import { Outbox } from "./outbox.js";
import { ReadMarks } from "./read_marks.js";
import { Reader } from "./reader.js";
import { Reading } from "./reading.js";
import { TypingSignals, Typists } from "./typing.js";

export class Chat {
  readonly connection = new Observable<Connection>({ phase: "connecting" });
  readonly notice = new Observable("");
  readonly board: Board;
  readonly outbox: Outbox;
  readonly typists: Typists;
  readonly actions: Actions;
  readonly #closing = new AbortController();
  readonly #reader: Reader;
  readonly #reading: Reading;
  readonly #signals: TypingSignals;
  readonly #subscription: Subscription;
  readonly #marks: ReadMarks;
  /** Dialogs whose history is not what it was: read again, or about to be. */
  readonly #stale = new Set<string>();
  #shown: string | undefined;
  #looking = false;
  #loaded = false;

  constructor(
    readonly userId: string,
    client: UserClient,
    clock: Clock,
    storage: Storage,
  ) {
    const { signal } = this.#closing;
    this.board = new Board(userId);
    this.actions = new Actions(client, this.board, clock, signal, (text) => this.notice.set(text));
    this.outbox = new Outbox((outgoing) => this.actions.deliver(outgoing), clock, signal, storage, userId);
    this.typists = new Typists(clock);
    this.#reader = new Reader(clock, signal, (error) => this.notice.set(failureOf(error).text));
    this.#reading = new Reading(client, this.board, signal);
    this.#signals = new TypingSignals(clock, (dialogId) => void this.actions.typing(dialogId));
    const heartbeatInterval = { seconds: BigInt(HEARTBEAT_SECONDS), nanos: 0 };
    this.#subscription = new Subscription(
      (resumeToken, closing) =>
        client.subscribeUpdates({ resumeToken, heartbeatInterval }, { signal: closing }),
      tabBookmark(storage, userId),
      {
        connection: (now) => this.connection.set(now),
        established: (outcome) => this.#established(outcome),
        update: (update) => this.#updated(update),
        gap: (gap) => this.#gap(gap),
      },
      clock,
    );
    this.#marks = new ReadMarks(this.board.picture, this.actions, clock);
    this.board.picture.subscribe(() => this.#look());
  }

  /** Opens the stream first; what is shown is read once it is open, so nothing falls between. */
  start(): void {
    void this.#subscription.run(this.#closing.signal);
    this.outbox.resume();
  }

  close(): void {
    this.#closing.abort();
  }

  reconnect(): void {
    this.#subscription.wake();
  }

  /** Shows a dialog, or none. */
  show(dialogId: string | undefined): void {
    this.#shown = dialogId;
    if (this.#loaded && dialogId !== undefined) {
      this.#readShown();
      if (!this.board.picture.value.histories.has(dialogId)) this.#readHistory(dialogId);
    }
    this.#look();
  }

  /** Whether the user can see the newest messages of the dialog that is shown. */
  looking(looking: boolean): void {
    this.#looking = looking;
    this.#look();
  }

  older(dialogId: string): void {
    this.#reader.once(`older ${dialogId}`, () => this.#older(dialogId));
  }

  moreDialogs(): void {
    this.#reader.once("more dialogs", () => this.#reading.moreDialogs());
  }

  send(dialogId: string, text: string): void {
    this.#signals.done();
    this.outbox.send(dialogId, text);
  }

  typed(dialogId: string): void {
    this.#signals.typed(dialogId);
  }

  #established(outcome: ResumeOutcome): void {
    // A gap says itself what to read; a stream that begins now has no gap and leaves one behind.
    if (!this.#loaded || outcome === ResumeOutcome.FRESH) this.#readAll();
    this.#loaded = true;
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
    });
  }

  /** A dialog that is not on the first pages of the list can be shown, by its address. */
  #readShown(): void {
    const dialogId = this.#shown;
    if (dialogId === undefined || this.board.picture.value.dialogs.has(dialogId)) return;
    this.#read({ what: "dialog", dialogId });
  }

  /** What is shown is read now, what was shown before when it is shown again. */
  #readHistories(): void {
    for (const dialogId of this.board.picture.value.histories.keys()) {
      if (dialogId !== this.#shown) this.board.picture.change((picture) => withoutHistory(picture, dialogId));
    }
    if (this.#shown !== undefined) this.#readHistory(this.#shown);
  }

  #updated(update: Update): void {
    const { payload } = update;
    for (const read of this.board.apply(update)) this.#read(read);
    if (payload.case === "typing") this.typists.began(payload.value);
    const message = payload.case === "messageCreated" ? payload.value.message : undefined;
    if (message === undefined) return;
    this.typists.ended(message.dialogId, message.senderId);
    if (!message.mine) this.#marks.arrived(message.messageId);
    this.#look();
  }

  #read(read: Read): void {
    const { dialogId } = read;
    switch (read.what) {
      case "dialog":
        this.#reader.want(`dialog ${dialogId}`, () => this.#reading.dialog(dialogId));
        break;
      case "messages":
        if (this.board.picture.value.histories.has(dialogId)) this.#readHistory(dialogId);
        break;
      case "message":
        this.#reader.want(`message ${read.messageId}`, () => this.#reading.message(dialogId, read.messageId));
        break;
    }
  }

  #readHistory(dialogId: string): void {
    this.#stale.add(dialogId);
    this.#reader.want(`messages ${dialogId}`, async () => {
      await this.#reading.history(dialogId);
      this.#stale.delete(dialogId);
      this.#look();
    });
  }

  /** A token that the service does not take any more is replaced with the history. */
  async #older(dialogId: string): Promise<void> {
    try {
      await this.#reading.older(dialogId);
    } catch (error) {
      if (failureOf(error).reason !== "ERROR_REASON_PAGE_TOKEN_INVALID") throw error;
      this.#readHistory(dialogId);
    }
  }

  /** A history that is not read yet shows other messages than those that are counted as unread. */
  #look(): void {
    const shown = this.#shown !== undefined && this.#looking && !this.#stale.has(this.#shown);
    this.#marks.look(shown ? this.#shown : undefined);
  }
}
