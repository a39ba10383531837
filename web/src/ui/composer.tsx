import type { Message } from "@chat3/client/web";
import { useEffect, useRef, useState } from "preact/hooks";

// The contract's limit, in UTF-16 code units, which is what `maxlength` counts.
const LONGEST = 10_000;

interface Properties {
  /** The message whose text is being changed; absent while a new one is written. */
  readonly edited: Message | undefined;
  readonly onTyped: () => void;
  readonly onEditLast: () => void;
  readonly onCancel: () => void;
  readonly onDone: (text: string) => void;
}

export function Composer({ edited, onTyped, onEditLast, onCancel, onDone }: Properties) {
  const [text, setText] = useState(edited?.content ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const empty = text.trim() === "";

  useEffect(() => {
    // On a phone the focus would open the keyboard over what is to be read.
    if (edited !== undefined || matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, [edited]);

  function done(event: Event): void {
    event.preventDefault();
    if (empty) return;
    setText("");
    onDone(text);
  }

  function pressed(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) done(event);
    if (event.key === "Escape" && edited !== undefined) onCancel();
    if (event.key === "ArrowUp" && edited === undefined && text === "") {
      event.preventDefault();
      onEditLast();
    }
  }

  return (
    <form class="composer" onSubmit={done}>
      {edited !== undefined && (
        <p class="editing">
          Editing a message
          <button type="button" class="quiet" onClick={onCancel}>
            Cancel
          </button>
        </p>
      )}
      <textarea
        ref={field}
        rows={1}
        maxLength={LONGEST}
        placeholder="Write a message"
        aria-label={edited === undefined ? "Message" : "New text of the message"}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          if (edited === undefined && event.currentTarget.value !== "") onTyped();
        }}
        onKeyDown={pressed}
      />
      <button type="submit" disabled={empty}>
        {edited === undefined ? "Send" : "Save"}
      </button>
    </form>
  );
}
