/** What the user does with messages. Every call has one key for all its attempts. */
import type { Clock } from "../client/clock.js";
import { failureOf } from "../client/failures.js";
import { newKey } from "../client/keys.js";
import { withRetries } from "../client/retry.js";
import type { UserClient } from "../client/transport.js";
import { type Message, MessageStatus, ReactionAction } from "../gen/chat3/user/v1/message_pb.js";
import { type Picture, withMembership, withMessage } from "../store/picture.js";
import type { Board } from "./board.js";
import type { Outgoing } from "./outbox.js";

export class Actions {
  constructor(
    private readonly client: UserClient,
    private readonly board: Board,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
    /** Told what a refused call said. */
    private readonly refused: (text: string) => void,
  ) {}

  /** One attempt to send a message: the outbox repeats it. */
  async deliver({ key, dialogId, text }: Outgoing): Promise<void> {
    const request = { dialogId, content: text, meta: { client_id: key }, idempotencyKey: key };
    const { missingParts } = await this.board.read(
      () => this.client.sendMessage(request, this.#options),
      withAnswer,
    );
    if (missingParts.length > 0) this.refused("The message was sent, but a part of it is missing.");
  }

  edit({ dialogId, messageId }: Message, content: string): Promise<boolean> {
    return this.#changing((idempotencyKey) => {
      const call = () =>
        this.client.editMessage({ dialogId, messageId, content, idempotencyKey }, this.#options);
      return this.board.read(call, withAnswer);
    });
  }

  delete({ dialogId, messageId }: Message): Promise<boolean> {
    return this.#changing((idempotencyKey) => {
      const call = () => this.client.deleteMessage({ dialogId, messageId, idempotencyKey }, this.#options);
      return this.board.read(call, withAnswer);
    });
  }

  restore({ dialogId, messageId }: Message): Promise<boolean> {
    return this.#changing((idempotencyKey) => {
      const call = () => this.client.restoreMessage({ dialogId, messageId, idempotencyKey }, this.#options);
      return this.board.read(call, withAnswer);
    });
  }

  /** Gives or takes back a reaction. The update that follows shows it, in this window as in others. */
  react({ dialogId, messageId }: Message, reaction: string, given: boolean): Promise<boolean> {
    const action = given ? ReactionAction.SET : ReactionAction.UNSET;
    return this.#changing((idempotencyKey) =>
      this.client.setMessageReaction(
        { dialogId, messageId, reaction, action, idempotencyKey },
        this.#options,
      ),
    );
  }

  /** The key names the message: two windows of one user mark it once. */
  markMessageRead({ dialogId, messageId }: Message): Promise<boolean> {
    const request = { dialogId, messageId, status: MessageStatus.READ, idempotencyKey: `read-${messageId}` };
    return this.#changing(() => this.client.setMessageStatus(request, this.#options));
  }

  markDialogRead(dialogId: string): Promise<boolean> {
    return this.#changing((idempotencyKey) => {
      const call = () => this.client.markDialogRead({ dialogId, idempotencyKey }, this.#options);
      return this.board.read(call, (picture, { membership }) =>
        withMembership(picture, dialogId, membership),
      );
    });
  }

  /** A signal that is late is worth nothing: it is not repeated, and nobody is told. */
  async typing(dialogId: string): Promise<void> {
    await this.client.sendTypingIndicator({ dialogId }, this.#options).catch(() => undefined);
  }

  /** Repeats a call under one key; false when the service refused it. */
  async #changing(call: (idempotencyKey: string) => Promise<unknown>): Promise<boolean> {
    const key = newKey();
    try {
      await withRetries(this.clock, this.signal, () => call(key));
      return true;
    } catch (error) {
      if (!this.signal.aborted) this.refused(failureOf(error).text);
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
