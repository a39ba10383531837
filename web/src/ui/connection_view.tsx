import type { Chat } from "../chat/chat.js";
import { useObservable } from "./hooks.js";
import { connectionIn } from "./words.js";

/** Says how fresh the page is: live, reconnecting, resumed, or reloaded after a gap. */
export function ConnectionView({ chat }: { chat: Chat }) {
  const connection = useObservable(chat.connection);
  const why = "error" in connection ? connection.error?.describe() : undefined;
  return (
    <div class={`connection ${connection.phase}`}>
      <span role="status" aria-label="Connection" title={why}>
        {connectionIn(connection)}
        {connection.phase === "closed" && why && `: ${why}`}
      </span>
      {connection.phase === "reconnecting" && (
        <button type="button" class="quiet" onClick={() => chat.reconnect()}>
          Try now
        </button>
      )}
    </div>
  );
}
