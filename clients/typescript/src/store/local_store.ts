/** Keeps the picture: updates are merged into it, what is read is put into it, neither undoes the other. */
import type { Dialog } from "../gen/chat3/user/v1/dialog_pb.js";
import type { Message } from "../gen/chat3/user/v1/message_pb.js";
import type { Update } from "../gen/chat3/user/v1/update_pb.js";
import { merge, type Read } from "./merge.js";
import { Observable } from "./observable.js";
import { emptyPicture, type Picture, withDialogs, withHistory, withoutHistory } from "./picture.js";

export class LocalStore {
  readonly picture: Observable<Picture>;
  readonly #recorders = new Set<Update[]>();

  constructor(user: string) {
    this.picture = new Observable(emptyPicture(user.toLowerCase()));
  }

  /** Takes a list of dialogs as it was read, instead of all that were known. */
  putDialogs(dialogs: readonly Dialog[]): void {
    this.picture.change((picture) => withDialogs(picture, dialogs, ""));
  }

  /** Takes the messages of a dialog as they were read, instead of all that were known. */
  putMessages(dialogId: string, messages: readonly Message[]): void {
    this.picture.change((picture) => withHistory(picture, dialogId, messages, ""));
  }

  /** Forgets the messages of a dialog; the dialog itself stays. */
  closeDialog(dialogId: string): void {
    if (!this.picture.value.histories.has(dialogId)) return;
    this.picture.change((picture) => withoutHistory(picture, dialogId));
  }

  /** Merges an update; returns what must be read, because no update carries it. */
  apply(update: Update): readonly Read[] {
    for (const recorder of this.#recorders) recorder.push(update);
    const { picture, reads } = merge(this.picture.value, update);
    this.picture.set(picture);
    return reads;
  }

  /**
   * Calls the service and puts its answer into the picture. An answer can be older than updates that
   * were merged while it was on its way: they are merged into it again, which is harmless for those
   * that it has already.
   */
  async read<T>(call: () => Promise<T>, put: (picture: Picture, answer: T) => Picture): Promise<T> {
    const meanwhile: Update[] = [];
    this.#recorders.add(meanwhile);
    try {
      const answer = await call();
      let picture = put(this.picture.value, answer);
      for (const update of meanwhile) picture = merge(picture, update).picture;
      this.picture.set(picture);
      return answer;
    } finally {
      this.#recorders.delete(meanwhile);
    }
  }
}
