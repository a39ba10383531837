/** Takes the steps of a scenario in their order, and makes the outcome. */
import { setTimeout as sleep } from "node:timers/promises";

import {
  Chat3Error,
  type Dialog,
  type JsonObject,
  type Message,
  MessageStatus,
  ReactionAction,
  toArray,
} from "@chat3/client";

import { dialogShown, messageShown, Names } from "./shown.js";
import { type Account, User } from "./user.js";

interface Step {
  readonly do: string;
  readonly by: string;
  readonly as?: string;
  readonly dialog: string;
  readonly message: string;
  readonly text: string;
  readonly texts: string[];
  readonly meta?: JsonObject;
  readonly quote?: string;
  readonly key?: string;
  readonly members: string[];
  readonly user: string;
  readonly users: string[];
  readonly reaction: string;
  readonly status: string;
  readonly page_size: number;
  readonly ms: number;
}

export interface Scenario {
  readonly users: string[];
  readonly steps: Step[];
}

const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 100;

const STATUSES: Record<string, MessageStatus> = {
  read: MessageStatus.READ,
  delivered: MessageStatus.DELIVERED,
  unread: MessageStatus.UNREAD,
};

export class Playing {
  readonly #names = new Names();
  readonly #users: ReadonlyMap<string, User>;
  readonly #errors: string[] = [];

  constructor(
    private readonly scenario: Scenario,
    account: Account,
    folder: string,
  ) {
    this.#users = new Map(scenario.users.map((user) => [user, new User(account, folder, user)]));
  }

  async play(): Promise<unknown> {
    const results: unknown[] = [];
    for (const [number, step] of this.scenario.steps.entries()) {
      console.log(`step ${number}`);
      results.push(await this.#take(step));
    }
    await this.#settleUnread();
    const running = [...this.#users].flatMap(([name, { live }]) => (live ? [{ name, live }] : []));
    const pictures = running.map(({ name, live }) => {
      const { dialogs, histories } = live.picture.value;
      const shown = [...dialogs.values()].map((dialog) => [
        dialog.dialogId,
        dialogShown(dialog, histories.get(dialog.dialogId)?.messages ?? [], this.#names),
      ]);
      return [name, Object.fromEntries(shown)];
    });
    for (const user of this.#users.values()) await user.stop();
    const streams = [...this.#users].map(([name, user]) => [name, user.shown()]);
    const outcome = this.#names.named({
      results,
      pictures: Object.fromEntries(pictures),
      streams: Object.fromEntries(streams),
    }) as object;
    const errors = [...this.#errors, ...[...this.#users.values()].flatMap((user) => user.errors)];
    return { player: "typescript", names: this.#names.bound, ...outcome, errors };
  }

  async #take(step: Step): Promise<unknown> {
    try {
      return (await this.#do(step)) ?? {};
    } catch (error) {
      if (!(error instanceof Chat3Error)) throw error;
      const fields = error.fields.map(({ field }) => field).sort();
      return { failed: error.reason || error.status, ...(fields.length > 0 && { fields }) };
    }
  }

  async #do(step: Step): Promise<object | undefined> {
    if (step.do === "pause") return void (await sleep(step.ms));
    const { client } = this.#user(step.by);
    const dialogId = this.#names.idOf(step.dialog ?? "");
    const messageId = this.#names.idOf(step.message ?? "");
    const { text: content, reaction, meta = {} } = step;
    switch (step.do) {
      case "start":
        return void (await this.#user(step.by).start());
      case "stop":
        return void (await this.#user(step.by).stop());
      case "create_dialog":
        return this.#made(step, await client.createDialog({ memberIds: step.members, meta }));
      case "direct_dialog":
        return this.#made(step, await client.getOrCreateDirectDialog({ userId: step.user }));
      case "send": {
        const message = await this.#send(step, content, step.as);
        return { message: message.messageId, shown: messageShown(message, this.#names) };
      }
      case "burst": {
        const sends = step.texts.map((text, place) => this.#send(step, text, `${step.as}-${place + 1}`));
        return { messages: (await Promise.all(sends)).map((message) => message.messageId) };
      }
      case "edit":
        return void (await client.editMessage({ dialogId, messageId, content }));
      case "delete":
        return void (await client.deleteMessage({ dialogId, messageId }));
      case "restore":
        return void (await client.restoreMessage({ dialogId, messageId }));
      case "react":
      case "unreact": {
        const action = step.do === "react" ? ReactionAction.SET : ReactionAction.UNSET;
        return void (await client.setMessageReaction({ dialogId, messageId, reaction, action }));
      }
      case "set_status": {
        const status = STATUSES[step.status] ?? MessageStatus.UNSPECIFIED;
        return void (await client.setMessageStatus({ dialogId, messageId, status }));
      }
      case "mark_read":
        return void (await client.markDialogRead({ dialogId }));
      case "typing":
        return void (await client.sendTypingIndicator({ dialogId }));
      case "add_members":
        return void (await client.addDialogMembers({ dialogId, userIds: step.users }));
      case "remove_member":
        return void (await client.removeDialogMember({ dialogId, userId: step.user }));
      case "leave":
        return void (await client.leaveDialog({ dialogId }));
      case "set_meta":
        return void (await client.updateDialogMeta({ dialogId, meta }));
      case "list_dialogs": {
        const dialogs = await toArray(client.dialogs({ pageSize: step.page_size }));
        return { dialogs: dialogs.map((dialog) => dialog.dialogId) };
      }
      case "history": {
        const messages = await toArray(client.history(dialogId, { pageSize: step.page_size }));
        return {
          messages: messages.map((message) => [message.messageId, messageShown(message, this.#names)]),
        };
      }
      case "members": {
        const members = await toArray(client.members(dialogId));
        return { members: members.map(({ userId }) => userId).sort() };
      }
      case "settle":
        return this.#settle(step, dialogId);
      default:
        throw new Error(`a step that this player does not know: ${step.do}`);
    }
  }

  #made({ as }: Step, { dialog }: { dialog?: Dialog | undefined }): object {
    const dialogId = dialog?.dialogId ?? "";
    this.#names.bind(as, dialogId);
    return { dialog: dialogId };
  }

  async #send({ by, dialog, meta, quote, key }: Step, content: string, as?: string): Promise<Message> {
    const { message } = await this.#user(by).client.sendMessage({
      dialogId: this.#names.idOf(dialog),
      content,
      ...(meta && { meta }),
      ...(quote && { quotedMessageId: this.#names.idOf(quote) }),
      ...(key && { idempotencyKey: key }),
    });
    if (message === undefined) throw new Error("an answer without its message");
    this.#names.bind(as, message.messageId);
    return message;
  }

  async #settle(step: Step, dialogId: string): Promise<object> {
    const { messageId } = await this.#send(step, step.text, step.as);
    for (const name of step.users) {
      const arrived = await until(async () => this.#user(name).has(dialogId, messageId));
      if (!arrived) this.#errors.push(`${step.text} has not reached ${name}`);
    }
    return { message: messageId };
  }

  /** Waits until the counters, which come late, are what the service answers. */
  async #settleUnread(): Promise<void> {
    for (const [name, { client, live }] of this.#users) {
      if (live === undefined) continue;
      const settled = await until(async () => {
        const answered = unreadOf(await toArray(client.dialogs()));
        return answered === unreadOf([...live.picture.value.dialogs.values()]);
      });
      if (!settled) this.#errors.push(`the unread counts of ${name} are not what is answered`);
    }
  }

  #user(name: string): User {
    const user = this.#users.get(name);
    if (user === undefined) throw new Error(`an unknown user: ${name}`);
    return user;
  }
}

function unreadOf(dialogs: readonly Dialog[]): string {
  const counts = dialogs.map((dialog) => `${dialog.dialogId} ${dialog.membership?.unreadCount ?? 0}`);
  return counts.sort().join(", ");
}

async function until(holds: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(LOOK_AGAIN_MS)) {
    if (await holds()) return true;
  }
  return false;
}
