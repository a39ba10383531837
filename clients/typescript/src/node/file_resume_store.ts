import { readFile, rename, writeFile } from "node:fs/promises";

import type { ResumeStore } from "../stream/resume_store.js";

/** In a file of one user, readable by its owner alone. A crash leaves the old token or the new one. */
export function fileResumeStore(path: string): ResumeStore {
  return {
    load: async () => {
      try {
        return (await readFile(path, "utf8")).trim();
      } catch (error) {
        if ((error as { code?: string }).code === "ENOENT") return "";
        throw error;
      }
    },
    save: async (token) => {
      const next = `${path}.new`;
      await writeFile(next, token, { mode: 0o600 });
      await rename(next, path);
    },
  };
}
