/** The resume token of one user, kept for as long as the tab is open: also while it reloads. */
export interface Bookmark {
  read(): string;
  write(token: string): void;
}

export function tabBookmark(storage: Storage, userId: string): Bookmark {
  const key = `chat3.resume-token.${userId}`;
  return {
    read: () => storage.getItem(key) ?? "",
    write: (token) => (token === "" ? storage.removeItem(key) : storage.setItem(key, token)),
  };
}
