import { type Dialog, dialogsInOrder, type Picture } from "@chat3/client/web";
import { Avatar } from "./avatar.js";
import { moveFocus } from "./keys.js";
import { contentOf, momentOf, nameOf, titleOf } from "./words.js";

interface Properties {
  readonly picture: Picture;
  readonly shown: string | undefined;
  readonly onMore: () => void;
}

export function DialogList({ picture, shown, onMore }: Properties) {
  return (
    <nav aria-label="Dialogs" onKeyDown={(event) => moveFocus(event, "a")}>
      <ul>
        {dialogsInOrder(picture).map((dialog) => (
          <li key={dialog.dialogId}>
            <Entry dialog={dialog} userId={picture.userId} shown={dialog.dialogId === shown} />
          </li>
        ))}
      </ul>
      {picture.moreDialogsToken !== "" && (
        <button type="button" class="more" onClick={onMore}>
          More dialogs
        </button>
      )}
    </nav>
  );
}

function Entry({ dialog, userId, shown }: { dialog: Dialog; userId: string; shown: boolean }) {
  const title = titleOf(dialog);
  const last = dialog.lastMessage;
  const unread = dialog.membership?.unreadCount ?? 0;
  const who = last && (last.senderId === userId ? "You" : nameOf(last.sender, last.senderId));
  return (
    <a href={`#${dialog.dialogId}`} aria-current={shown ? "page" : undefined}>
      <Avatar id={dialog.dialogId} name={title} />
      <span class="title">{title}</span>
      <time>{momentOf(last?.createTime ?? dialog.lastInteractionTime)}</time>
      <span class="last">{last ? `${who}: ${contentOf(last)}` : "No messages yet"}</span>
      {unread > 0 && (
        <span class="unread">
          {unread}
          <span class="hidden"> unread</span>
        </span>
      )}
    </a>
  );
}
