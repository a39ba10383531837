import type { Message } from "@chat3/client/web";
import { useRef, useState } from "preact/hooks";
import type { Actions } from "../chat/actions.js";
import { Avatar } from "./avatar.js";
import { contentOf, nameOf, statusOf, timeOf } from "./words.js";

const REACTIONS = ["👍", "❤️", "😂", "😮", "🙏", "☕"];

interface Properties {
  readonly message: Message;
  readonly actions: Actions;
  /** Whether the tab key leads to this message; arrow keys lead to the others. */
  readonly reachable: boolean;
  readonly onEdit: (message: Message) => void;
  readonly onDelete: (message: Message) => void;
}

export function MessageView({ message, actions, reachable, onEdit, onDelete }: Properties) {
  const who = message.mine ? "You" : nameOf(message.sender, message.senderId);
  const time = timeOf(message.createTime);
  const quote = message.quotedMessage;
  return (
    <article
      id={message.messageId}
      class={message.mine ? "message mine" : "message"}
      tabIndex={reachable ? 0 : -1}
      aria-label={`${who}, ${time}`}
    >
      {!message.mine && <Avatar id={message.senderId} name={who} />}
      <div class="bubble">
        {!message.mine && <span class="who">{who}</span>}
        {quote && <blockquote>{quote.deleted ? "Message deleted" : quote.content}</blockquote>}
        <p class={message.deleted ? "content deleted" : "content"}>{contentOf(message)}</p>
        <p class="facts">
          {message.edited && !message.deleted && <span>edited</span>}
          <time>{time}</time>
          {message.mine && <span class="status">{statusOf(message)}</span>}
        </p>
      </div>
      {!message.deleted && message.reactions.length > 0 && (
        <div class="reactions" role="group" aria-label="Reactions">
          {message.reactions.map(({ reaction, count, mine }) => (
            <button
              key={reaction}
              type="button"
              aria-pressed={mine}
              aria-label={`${reaction} ${count}`}
              onClick={() => void actions.react(message, reaction, !mine)}
            >
              {reaction} {count}
            </button>
          ))}
        </div>
      )}
      <Choices message={message} actions={actions} onEdit={onEdit} onDelete={onDelete} />
    </article>
  );
}

function Choices({ message, actions, onEdit, onDelete }: Omit<Properties, "reachable">) {
  const [choosing, setChoosing] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  if (message.deleted && !message.mine) return null;
  if (message.deleted) {
    return (
      <div class="choices" role="group" aria-label="Actions">
        <button
          type="button"
          class="quiet"
          onClick={(event) => {
            event.currentTarget.closest("article")?.focus(); // The button goes.
            void actions.restore(message);
          }}
        >
          Restore
        </button>
      </div>
    );
  }
  const given = new Set(message.reactions.filter((row) => row.mine).map((row) => row.reaction));
  return (
    <div class="choices" role="group" aria-label="Actions">
      <button
        ref={opener}
        type="button"
        class="quiet"
        aria-expanded={choosing}
        onClick={() => setChoosing(!choosing)}
      >
        React
      </button>
      {choosing &&
        REACTIONS.map((reaction) => (
          <button
            key={reaction}
            type="button"
            class="quiet"
            aria-label={`React with ${reaction}`}
            aria-pressed={given.has(reaction)}
            onClick={() => {
              setChoosing(false);
              opener.current?.focus(); // This button goes, and would take the focus with it.
              void actions.react(message, reaction, !given.has(reaction));
            }}
          >
            {reaction}
          </button>
        ))}
      {message.mine && (
        <>
          <button type="button" class="quiet" onClick={() => onEdit(message)}>
            Edit
          </button>
          <button type="button" class="quiet" onClick={() => onDelete(message)}>
            Delete
          </button>
        </>
      )}
    </div>
  );
}
