/** What the user does with messages. Every call has one key for all its attempts. */
import {
  type Chat3Client,
  Chat3Error,
  type LocalStore,
  type Message,
  MessageStatus,
  type Picture,
  ReactionAction,
  withMembership,
  withMessage,
} from "@chat3/client/web";

import type { Outgoing } from "./outbox.js";

export class Actions {
  constructor(
    private readonly client: Chat3Client,
    private readonly store: LocalStore,
    private readonly signal: AbortSignal,
    /** Told what a refused call said. */
    private readonly refused: (text: string) => void,
  ) {}

  async deliver({ key, dialogId, text }: Outgoing): Promise<void> {
    const request = { dialogId, content: text, meta: { client_id: key }, idempotencyKey: key };
    const { missingParts } = await this.store.read(
      () => this.client.sendMessage(request, this.#options),
      withAnswer,
    );
    if (missingParts.length > 0) this.refused("The message was sent, but a part of it is missing.");
  }

  edit({ dialogId, messageId }: Message, content: string): Promise<boolean> {
    const call = () => this.client.editMessage({ dialogId, messageId, content }, this.#options);
    return this.#changing(() => this.store.read(call, withAnswer));
  }

  delete({ dialogId, messageId }: Message): Promise<boolean> {
    const call = () => this.client.deleteMessage({ dialogId, messageId }, this.#options);
    return this.#changing(() => this.store.read(call, withAnswer));
  }

  restore({ dialogId, messageId }: Message): Promise<boolean> {
    const call = () => this.client.restoreMessage({ dialogId, messageId }, this.#options);
    return this.#changing(() => this.store.read(call, withAnswer));
  }

  /** Gives or takes back a reaction. The update that follows shows it, in this window as in others. */
  react({ dialogId, messageId }: Message, reaction: string, given: boolean): Promise<boolean> {
    const action = given ? ReactionAction.SET : ReactionAction.UNSET;
    const request = { dialogId, messageId, reaction, action };
    return this.#changing(() => this.client.setMessageReaction(request, this.#options));
  }

  /** The key names the message: two windows of one user mark it once. */
  markMessageRead({ dialogId, messageId }: Message): Promise<boolean> {
    const request = { dialogId, messageId, status: MessageStatus.READ, idempotencyKey: `read-${messageId}` };
    return this.#changing(() => this.client.setMessageStatus(request, this.#options));
  }

  markDialogRead(dialogId: string): Promise<boolean> {
    const call = () => this.client.markDialogRead({ dialogId }, this.#options);
    return this.#changing(() =>
      this.store.read(call, (picture, { membership }) => withMembership(picture, dialogId, membership)),
    );
  }

  /** A signal that is late is worth nothing: nobody is told that it failed. */
  async typing(dialogId: string): Promise<void> {
    await this.client.sendTypingIndicator({ dialogId }, this.#options).catch(() => undefined);
  }

  /** False when the service refused it. */
  async #changing(call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      if (!this.signal.aborted) this.refused(Chat3Error.from(error).describe());
      return false;
    }
  }

  get #options() {
    return { signal: this.signal };
  }
}

function withAnswer(picture: Picture, { message }: { message?: Message | undefined }): Picture {
  return message === undefined ? picture : withMessage(picture, message);
}
