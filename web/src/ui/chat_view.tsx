/** The chat of one user: dialogs on one side, the dialog that is shown on the other. */
import { useEffect } from "preact/hooks";

import type { Chat } from "../chat/chat.js";
import { ConnectionView } from "./connection_view.js";
import { Conversation } from "./conversation.js";
import { DialogList } from "./dialog_list.js";
import { useObservable, useShownDialog } from "./hooks.js";
import { nameOf } from "./words.js";

export function ChatView({ chat, onSignOut }: { chat: Chat; onSignOut: () => void }) {
  const picture = useObservable(chat.picture);
  const shown = useShownDialog();
  const unread = picture.stats?.totalUnreadCount ?? 0;
  const name = nameOf(picture.profile, chat.userId);

  useEffect(() => chat.show(shown), [chat, shown]);
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${name} · Chat3`;
  }, [unread, name]);

  return (
    <div class={shown === undefined ? "chat" : "chat open"}>
      <div class="side">
        <header>
          <h1>{name}</h1>
          {unread > 0 && <span class="total">{unread} unread</span>}
          <button type="button" class="quiet" onClick={onSignOut}>
            Sign out
          </button>
        </header>
        <ConnectionView chat={chat} />
        <DialogList picture={picture} shown={shown} onMore={() => chat.moreDialogs()} />
      </div>
      <main>
        {shown === undefined ? (
          <p class="waiting">Choose a dialog.</p>
        ) : (
          <Conversation key={shown} chat={chat} picture={picture} dialogId={shown} />
        )}
      </main>
      <Notice chat={chat} />
    </div>
  );
}

function Notice({ chat }: { chat: Chat }) {
  const text = useObservable(chat.notice);
  return (
    <div role="alert" class="notice" hidden={text === ""}>
      {text}
      <button type="button" class="quiet" onClick={() => chat.notice.set("")}>
        Dismiss
      </button>
    </div>
  );
}
