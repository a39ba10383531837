/** Who types in which dialog, and the signals that say so of this user. */
import { type Clock, durationMs, Observable, type Typing } from "@chat3/client/web";

const REPEAT_MS = 3_000;

export class Typists {
  /** By dialog: the names to show, by user id. */
  readonly now = new Observable<ReadonlyMap<string, ReadonlyMap<string, string>>>(new Map());
  readonly #ends = new Map<string, () => void>();

  constructor(private readonly clock: Clock) {}

  /** Shows a sign for as long as it says, by this machine's clock: the two need not agree. */
  began({ dialog, userId, expiresIn, user }: Typing): void {
    if (dialog === undefined) return;
    const { dialogId } = dialog;
    this.ended(dialogId, userId);
    const shownFor = expiresIn ? durationMs(expiresIn) : REPEAT_MS;
    this.#ends.set(
      `${dialogId} ${userId}`,
      this.clock.after(shownFor, () => this.ended(dialogId, userId)),
    );
    this.#change(dialogId, (names) => names.set(userId, user?.displayName ?? userId));
  }

  /** Takes a sign away: its time is over, or the message is there. */
  ended(dialogId: string, userId: string): void {
    const key = `${dialogId} ${userId}`;
    this.#ends.get(key)?.();
    if (this.#ends.delete(key)) this.#change(dialogId, (names) => names.delete(userId));
  }

  #change(dialogId: string, change: (names: Map<string, string>) => void): void {
    const names = new Map(this.now.value.get(dialogId));
    change(names);
    this.now.set(new Map(this.now.value).set(dialogId, names));
  }
}

/** Lets one signal through for every few seconds of typing in a dialog. */
export class TypingSignals {
  #last = { dialogId: "", at: 0 };

  constructor(
    private readonly clock: Clock,
    private readonly send: (dialogId: string) => void,
  ) {}

  typed(dialogId: string): void {
    const now = this.clock.elapsed();
    if (this.#last.dialogId === dialogId && now - this.#last.at < REPEAT_MS) return;
    this.#last = { dialogId, at: now };
    this.send(dialogId);
  }

  /** The message is sent: what is typed next is told at once. */
  done(): void {
    this.#last = { dialogId: "", at: 0 };
  }
}
