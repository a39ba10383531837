/** The reads that a live store needs, put into its picture. */
import type { CallOptions } from "@connectrpc/connect";

import { retryFor } from "../client/calls.js";
import { hasReason, type Reason, SignInRequiredError } from "../client/errors.js";
import type { UserCalls } from "../client/user_client.js";
import type { Dialog } from "../gen/chat3/user/v1/dialog_pb.js";
import type { Message } from "../gen/chat3/user/v1/message_pb.js";
import type { LocalStore } from "./local_store.js";
import {
  type Picture,
  withDialog,
  withDialogs,
  withHistory,
  withMessage,
  withMoreDialogs,
  withOlder,
} from "./picture.js";

const DIALOGS_PAGE = 30;
const MESSAGES_PAGE = 20;
const LARGEST_PAGE = 100;

export class Reading {
  constructor(
    private readonly rpc: UserCalls,
    private readonly store: LocalStore,
    private readonly signal: AbortSignal,
    /** Whether all dialogs are read with all of their messages, or only what is shown. */
    private readonly everything: boolean,
  ) {}

  async myself(): Promise<void> {
    const call = async () => {
      const found = await this.rpc.getMyself({}, this.#options);
      // In another tab somebody else has signed in, and the application's back end knows only them.
      if (found.user && found.user.userId !== this.#picture.userId)
        throw new SignInRequiredError("the user token is that of another user");
      return found;
    };
    await this.store.read(call, (picture, { user, stats }) => ({
      ...picture,
      ...(user && { profile: user }),
      ...(stats && { stats }),
    }));
  }

  /** Reads as many dialogs as are shown, or the first page. */
  async dialogs(): Promise<void> {
    const call = async () => {
      const found = new Map<string, Dialog>();
      let pageToken = "";
      do {
        const page = await this.#dialogsPage(pageToken);
        for (const dialog of page.dialogs) found.set(dialog.dialogId, dialog);
        pageToken = page.nextPageToken;
      } while (pageToken !== "" && (this.everything || found.size < this.#picture.dialogs.size));
      return { dialogs: [...found.values()], pageToken };
    };
    await this.store.read(call, (picture, { dialogs, pageToken }) =>
      withDialogs(picture, dialogs, pageToken),
    );
  }

  async moreDialogs(): Promise<void> {
    const call = () => this.#dialogsPage(this.#picture.moreDialogsToken);
    await this.store.read(call, (picture, page) =>
      withMoreDialogs(picture, page.dialogs, page.nextPageToken),
    );
  }

  async dialog(dialogId: string): Promise<void> {
    const call = async () => {
      try {
        const found = await this.rpc.getDialog({ dialogId, includeLastMessage: true }, this.#options);
        return found.dialog;
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
    };
    await this.store.read(call, (picture, found) => withDialog(picture, dialogId, found));
  }

  /**
   * Reads the newest messages: as many as are shown, or the first page. `landed` precedes the picture, and says
   * whether they are still wanted.
   */
  async history(dialogId: string, landed: () => boolean): Promise<void> {
    // Counted anew after each page: older messages can be added meanwhile.
    const shown = (): number => this.#picture.histories.get(dialogId)?.messages.length ?? 0;
    const call = async () => {
      const messages: Message[] = [];
      let pageToken = "";
      do {
        const wanted = this.everything ? LARGEST_PAGE : shown() - messages.length;
        const pageSize = Math.min(LARGEST_PAGE, Math.max(MESSAGES_PAGE, wanted));
        const page = await this.rpc.getDialogMessages({ dialogId, pageSize, pageToken }, this.#options);
        messages.push(...page.messages);
        pageToken = page.nextPageToken;
      } while (pageToken !== "" && (this.everything || messages.length < shown()));
      return { messages, pageToken };
    };
    const found = async () => {
      try {
        return await call();
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
    };
    await this.store.read(found, (picture, page) => {
      const wanted = landed();
      // Whoever is no member any more sees nothing of it.
      if (page === undefined) return withDialog(picture, dialogId, undefined);
      return wanted ? withHistory(picture, dialogId, page.messages, page.pageToken) : picture;
    });
  }

  async older(dialogId: string): Promise<void> {
    const pageToken = this.#picture.histories.get(dialogId)?.olderToken ?? "";
    if (pageToken === "") return;
    const call = () =>
      this.rpc.getDialogMessages({ dialogId, pageSize: MESSAGES_PAGE, pageToken }, this.#options);
    await this.store.read(call, (picture, page) =>
      withOlder(picture, dialogId, page.messages, page.nextPageToken),
    );
  }

  /** A message that cannot be read any more stays as it is shown. */
  async message(dialogId: string, messageId: string): Promise<void> {
    const call = async () => {
      try {
        return await this.rpc.getMessage({ dialogId, messageId }, this.#options);
      } catch (error) {
        if (isGone(error)) return { message: undefined };
        throw error;
      }
    };
    await this.store.read(call, (picture, { message }) =>
      message ? withMessage(picture, message) : picture,
    );
  }

  #dialogsPage(pageToken: string) {
    return this.rpc.getUserDialogs(
      { pageSize: DIALOGS_PAGE, pageToken, includeLastMessage: true },
      this.#options,
    );
  }

  get #picture(): Picture {
    return this.store.picture.value;
  }

  /** A store is not current before it has read what it must: reads are repeated until they succeed. */
  get #options(): CallOptions {
    return { signal: this.signal, contextValues: retryFor(Number.POSITIVE_INFINITY) };
  }
}

const GONE: Reason[] = [
  "ERROR_REASON_NOT_A_MEMBER",
  "ERROR_REASON_DIALOG_NOT_FOUND",
  "ERROR_REASON_MESSAGE_NOT_FOUND",
];

/** Whether what was asked for is not there, or not for this user any more. */
function isGone(error: unknown): boolean {
  return hasReason(error, ...GONE);
}
