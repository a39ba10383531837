/** Keeps the picture: updates are merged into it, what is read is put into it, neither undoes the other. */
import type { Update } from "../gen/chat3/user/v1/update_pb.js";
import { merge, type Read } from "../store/merge.js";
import { Observable } from "../store/observable.js";
import { emptyPicture, type Picture } from "../store/picture.js";

export class Board {
  readonly picture: Observable<Picture>;
  readonly #recorders = new Set<Update[]>();

  constructor(userId: string) {
    this.picture = new Observable(emptyPicture(userId));
  }

  /** Merges an update; returns what must be read. */
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
