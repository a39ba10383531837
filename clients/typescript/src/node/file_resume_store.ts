import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { ResumeStore, UserResumeStore } from "../stream/resume_store.js";

// Of the 255 bytes that file systems allow.
const LONGEST_NAME = 200;

/**
 * In a file of one user, readable by its owner alone; its folder is created. A process that ends in the
 * middle leaves the old token or the new one. Two processes need a file each.
 */
export function fileResumeStore(path: string): ResumeStore {
  return {
    load: async () => {
      try {
        return (await readFile(path, "utf8")).trim();
      } catch (error) {
        if (isMissing(error)) return "";
        throw error;
      }
    },
    save: async (token) => {
      const next = `${path}.new`;
      try {
        await writeFile(next, token, { mode: 0o600 });
      } catch (error) {
        if (!isMissing(error)) throw error;
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeFile(next, token, { mode: 0o600 });
      }
      await rename(next, path);
    },
  };
}

/** In a folder with a file for each user, as `fileResumeStore` keeps it: for `watching`. */
export function folderResumeStore(folder: string): UserResumeStore {
  const of = (userId: string) => fileResumeStore(join(folder, `${fileName(userId)}.token`));
  return {
    load: (userId) => of(userId).load(),
    save: (userId, token) => of(userId).save(token),
  };
}

function fileName(userId: string): string {
  const name = encodeURIComponent(userId);
  if (name.length <= LONGEST_NAME) return name;
  // No id is encoded so.
  return `#${createHash("sha256").update(userId).digest("hex")}`;
}

function isMissing(error: unknown): boolean {
  return (error as { code?: string }).code === "ENOENT";
}
