import { tell } from "../client/callbacks.js";

/** A value that tells when it is replaced. Values are never changed in place. */
export class Observable<T> {
  #value: T;
  readonly #listeners = new Set<{ readonly tell: (value: T) => void }>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) {
      // A listener has set a newer value, and all were told of that: none shall end with this one.
      if (!Object.is(value, this.#value)) return;
      if (this.#listeners.has(listener)) tell(() => listener.tell(value));
    }
  }

  change(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  /**
   * Calls `listener` with every later value, until the function returned is called. A listener that throws
   * keeps nobody else from the value. It is bound, as `useSyncExternalStore` of React wants it.
   */
  readonly subscribe = (listener: (value: T) => void): (() => void) => {
    const subscription = { tell: listener };
    this.#listeners.add(subscription);
    return () => {
      this.#listeners.delete(subscription);
    };
  };
}
