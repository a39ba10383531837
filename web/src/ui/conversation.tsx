/** One dialog: its messages, and the place to write the next one. */

import type { Message, Picture } from "@chat3/client/web";
import { useState } from "preact/hooks";
import type { Chat } from "../chat/chat.js";
import { Composer } from "./composer.js";
import { ConfirmDeletion } from "./confirm_deletion.js";
import { ConnectionView } from "./connection_view.js";
import { HistoryView } from "./history_view.js";
import { useObservable } from "./hooks.js";
import { contentOf, nameOf, titleOf, typingIn } from "./words.js";

interface Properties {
  readonly chat: Chat;
  readonly picture: Picture;
  readonly dialogId: string;
}

export function Conversation({ chat, picture, dialogId }: Properties) {
  const typists = useObservable(chat.typists.now).get(dialogId);
  const [edited, setEdited] = useState<Message>();
  const [deleting, setDeleting] = useState<Message>();
  const dialog = picture.dialogs.get(dialogId);
  const history = picture.histories.get(dialogId);
  const own = history?.messages.findLast((message) => message.mine && !message.deleted);

  return (
    <section class="conversation" aria-label={titleOf(dialog)}>
      <header>
        <a class="back" href="#dialogs" aria-label="Back to the dialogs">
          ←
        </a>
        <div>
          <h2>{titleOf(dialog)}</h2>
          <p class="small">{dialog ? `${dialog.memberCount} members` : " "}</p>
        </div>
      </header>
      <ConnectionView chat={chat} />
      <HistoryView
        chat={chat}
        dialogId={dialogId}
        history={history}
        unread={dialog?.membership?.unreadCount ?? 0}
        onEdit={setEdited}
        onDelete={setDeleting}
      />
      <Announcement newest={history?.messages.at(-1)} />
      <p class="typing" role="status" aria-label="Typing">
        {typingIn([...(typists?.values() ?? [])])}
      </p>
      <Composer
        key={edited?.messageId ?? ""}
        edited={edited}
        onTyped={() => chat.typed(dialogId)}
        onEditLast={() => setEdited(own)}
        onCancel={() => setEdited(undefined)}
        onDone={(text) => {
          if (edited === undefined) chat.send(dialogId, text);
          else void chat.actions.edit(edited, text);
          setEdited(undefined);
        }}
      />
      {deleting && (
        <ConfirmDeletion
          message={deleting}
          onAnswer={(wanted) => {
            // The button that asked is hidden by now, and goes with what is deleted.
            document.getElementById(deleting.messageId)?.focus();
            if (wanted) void chat.actions.delete(deleting);
            setDeleting(undefined);
          }}
        />
      )}
    </section>
  );
}

/** Tells screen readers of new messages of others, and of nothing that is merely loaded. */
function Announcement({ newest }: { newest: Message | undefined }) {
  const text =
    newest && !newest.mine ? `${nameOf(newest.sender, newest.senderId)}: ${contentOf(newest)}` : "";
  return (
    <p class="hidden" role="status" aria-label="Newest message">
      {text}
    </p>
  );
}
