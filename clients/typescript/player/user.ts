/** One user: the client that runs, and what all of the user's streams have handed over. */
import { join } from "node:path";

import {
  Chat3Client,
  fileResumeStore,
  GapReason,
  type LiveStore,
  ResumeOutcome,
  type Update,
  UpdateKind,
} from "@chat3/client";

export interface Account {
  readonly address: string;
  readonly tenant: string;
  readonly apiKey: string;
}

const PATIENCE_MS = 120_000;

export class User {
  readonly errors: string[] = [];
  readonly client: Chat3Client;
  live: LiveStore | undefined;
  readonly #file: string;
  readonly #starts: string[] = [];
  readonly #updates: [string, string, string][] = [];
  readonly #ids = new Set<string>();
  readonly #gaps: string[] = [];
  #duplicates = 0;
  #reconnects = 0;
  #starting = false;

  constructor(account: Account, folder: string, user: string) {
    this.client = new Chat3Client({ ...account, user, retryForMs: PATIENCE_MS });
    this.#file = join(folder, user);
  }

  async start(): Promise<void> {
    this.#starting = true;
    this.live = this.client.liveStore({
      everything: true,
      resume: fileResumeStore(this.#file),
      listener: {
        connected: ({ outcome }) => this.#connected(outcome),
        update: (update) => this.#take(update),
        gap: ({ reason }) => {
          this.#gaps.push(GapReason[reason]);
          this.#updates.push(["GAP", "", ""]);
        },
      },
      onFailure: (error) => this.errors.push(`a read has failed: ${error.describe()}`),
    });
    this.live.state.subscribe((state) => {
      if (state.phase === "closed" && state.error)
        this.errors.push(`a stream has ended: ${state.error.describe()}`);
    });
    await this.live.ready();
  }

  async stop(): Promise<void> {
    await this.live?.close();
    this.live = undefined;
  }

  has(dialogId: string, messageId: string): boolean {
    const messages = this.live?.picture.value.histories.get(dialogId)?.messages ?? [];
    return messages.some((message) => message.messageId === messageId);
  }

  shown() {
    return {
      starts: this.#starts,
      updates: this.#updates,
      duplicates: this.#duplicates,
      gaps: this.#gaps,
      reconnects: this.#reconnects,
    };
  }

  #connected(outcome: ResumeOutcome): void {
    if (this.#starting) this.#starts.push(ResumeOutcome[outcome]);
    else this.#reconnects += 1;
    this.#starting = false;
  }

  #take({ kind, updateId, dialogId = "", messageId, payload }: Update): void {
    if (kind === UpdateKind.TYPING) return;
    if (this.#ids.has(updateId)) this.#duplicates += 1;
    this.#ids.add(updateId);
    const aboutMember =
      payload.case === "memberAdded" || payload.case === "memberRemoved" || payload.case === "memberChanged";
    const about = aboutMember ? payload.value.member?.userId : messageId;
    this.#updates.push([UpdateKind[kind], dialogId, about ?? ""]);
  }
}
