/** Where the resume token of one user is kept: what a stream that was lost continues with. */
export interface ResumeStore {
  /** The last token that was saved; empty when there is none. */
  load(): string | Promise<string>;
  /** Replaces the token; an empty one means that there is none any more. */
  save(token: string): void | Promise<void>;
}

/** Where the resume tokens of watched users are kept. */
export interface UserResumeStore {
  load(userId: string): string | Promise<string>;
  save(userId: string, token: string): void | Promise<void>;
}

/** For as long as the process, or the page, lives. */
export function memoryResumeStore(token = ""): ResumeStore {
  let kept = token;
  return {
    load: () => kept,
    save: (next) => {
      kept = next;
    },
  };
}

/** Of the web's `Storage` what is used: programs without a browser's types can name it, too. */
export interface WebStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/**
 * In a browser's storage. `sessionStorage` is the one to take: it survives a reload, and two windows
 * have one each.
 */
export function storageResumeStore(storage: WebStorage, user: string): ResumeStore {
  const name = `chat3.resume-token.${user}`;
  return {
    load: () => storage.getItem(name) ?? "",
    save: (token) => (token === "" ? storage.removeItem(name) : storage.setItem(name, token)),
  };
}
