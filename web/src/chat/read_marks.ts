/** Marks messages as read while their dialog is looked at. */
import type { Clock, Message, Observable, Picture } from "@chat3/client/web";

const MARKED_ONE_BY_ONE = 20;
// Counters follow what changes them by 4 seconds at most.
const SETTLED_MS = 5_000;

export interface Marking {
  markMessageRead(message: Message): Promise<boolean>;
  markDialogRead(dialogId: string): Promise<boolean>;
}

/**
 * Messages are marked one by one, because their senders see that. Where more are unread than that, or
 * than are shown, the whole dialog is marked, which senders do not see.
 */
export class ReadMarks {
  #looked: string | undefined;
  readonly #arrived = new Set<string>();
  readonly #marked = new Set<string>();
  readonly #sweeping = new Set<string>();
  #settling: (() => void) | undefined;

  constructor(
    private readonly picture: Observable<Picture>,
    private readonly marking: Marking,
    private readonly clock: Clock,
  ) {}

  /** A message of another was written just now: it is unread before any counter says so. */
  arrived(messageId: string): void {
    this.#arrived.add(messageId);
  }

  /** The user sees the newest messages of a dialog, as far as they are known, or of none. */
  look(dialogId: string | undefined): void {
    if (dialogId !== this.#looked) this.#settle(undefined);
    this.#looked = dialogId;
    this.check();
  }

  /** Marks what has become known since. */
  check(): void {
    const dialogId = this.#looked;
    const history = dialogId && this.picture.value.histories.get(dialogId);
    if (!dialogId || !history) return;
    const unread = this.#unread(dialogId);
    const others = history.messages.filter((message) => !message.mine);
    if (unread > MARKED_ONE_BY_ONE || unread > others.length) {
      this.#sweep(dialogId);
      return;
    }
    const counted = others.length - unread;
    const due = others.filter(
      ({ messageId }, place) =>
        !this.#marked.has(messageId) && (place >= counted || this.#arrived.has(messageId)),
    );
    for (const message of due) {
      this.#marked.add(message.messageId);
      void this.marking.markMessageRead(message);
    }
    this.#settle(unread > 0 ? dialogId : undefined);
  }

  /** A message that was marked before it was counted stays counted: then the dialog is marked. */
  #settle(dialogId: string | undefined): void {
    if (dialogId === undefined) {
      this.#settling?.();
      this.#settling = undefined;
    } else {
      this.#settling ??= this.clock.after(SETTLED_MS, () => {
        this.#settling = undefined;
        if (this.#looked === dialogId && this.#unread(dialogId) > 0) this.#sweep(dialogId);
      });
    }
  }

  #sweep(dialogId: string): void {
    if (this.#sweeping.has(dialogId)) return;
    this.#sweeping.add(dialogId);
    void this.marking.markDialogRead(dialogId).finally(() => this.#sweeping.delete(dialogId));
  }

  #unread(dialogId: string): number {
    return this.picture.value.dialogs.get(dialogId)?.membership?.unreadCount ?? 0;
  }
}
