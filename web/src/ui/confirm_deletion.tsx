import type { Message } from "@chat3/client/web";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Properties {
  readonly message: Message;
  readonly onAnswer: (wanted: boolean) => void;
}

/** Asks before a message is deleted. Closing it in any other way means no. */
export function ConfirmDeletion({ message, onAnswer }: Properties) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => element.current?.showModal(), []);
  return (
    <dialog
      ref={element}
      aria-labelledby="deletion"
      onClose={() => onAnswer(element.current?.returnValue === "delete")}
    >
      <form method="dialog">
        <h2 id="deletion">Delete this message?</h2>
        <blockquote>{message.content}</blockquote>
        <p class="small">Others see that it was deleted. You can restore it.</p>
        <div class="choices">
          <button type="submit" value="keep">
            Keep it
          </button>
          <button type="submit" value="delete" class="danger">
            Delete
          </button>
        </div>
      </form>
    </dialog>
  );
}
