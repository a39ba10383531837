/** The messages of a dialog: stays at the newest, keeps its place when older ones are added. */

import type { History, Message } from "@chat3/client/web";
import { Fragment } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat/chat.js";
import { useObservable, useVisible } from "./hooks.js";
import { moveFocus } from "./keys.js";
import { MessageView } from "./message_view.js";
import { OutgoingView } from "./outgoing_view.js";
import { dayOf } from "./words.js";

// So near to the end, the end is what is looked at.
const NEAR = 40;

interface Properties {
  readonly chat: Chat;
  readonly dialogId: string;
  readonly history: History | undefined;
  readonly unread: number;
  readonly onEdit: (message: Message) => void;
  readonly onDelete: (message: Message) => void;
}

export function HistoryView({ chat, dialogId, history, unread, onEdit, onDelete }: Properties) {
  const box = useRef<HTMLDivElement>(null);
  const beginning = useRef<HTMLButtonElement>(null);
  // Before what is rendered now is there: a scroll event comes later than the scrolling.
  const fromEnd = distanceFromEnd(box.current);
  const [atEnd, setAtEnd] = useState(true);
  const staying = useRef(true);
  const visible = useVisible();
  const messages = history?.messages ?? [];
  const known = new Set(messages.map((message) => message.meta?.client_id));
  const outgoing = useObservable(chat.outbox.items).filter(
    (item) => item.dialogId === dialogId && !known.has(item.key),
  );

  function scrolled(): void {
    const element = box.current;
    if (element === null) return;
    const near = distanceFromEnd(element) < NEAR;
    staying.current = near;
    setAtEnd(near);
    chat.looking(visible && near);
  }

  const first = messages[0]?.messageId;
  // The button goes with the last page, and would take the focus with it.
  const onButton = beginning.current !== null && beginning.current === document.activeElement;
  const last = outgoing.at(-1)?.key ?? messages.at(-1)?.messageId;
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    // Older messages push down what is looked at: the distance from the end is what stays.
    const kept = fromEnd < NEAR ? 0 : fromEnd;
    element.scrollTop = element.scrollHeight - element.clientHeight - kept;
    if (onButton && beginning.current === null) element.querySelector("article")?.focus();
  }, [first]);
  useLayoutEffect(() => {
    if (box.current !== null && fromEnd < NEAR) box.current.scrollTop = box.current.scrollHeight;
  }, [last, messages]);
  const sending = outgoing.at(-1)?.key;
  useLayoutEffect(() => {
    // Who writes wants to see what was written.
    if (sending !== undefined) box.current?.scrollTo(0, box.current.scrollHeight);
  }, [sending]);
  useEffect(() => {
    scrolled();
    return () => chat.looking(false);
  }, [visible, messages.length]);
  useEffect(() => {
    // A longer draft, or the keyboard of a phone, takes room away: the newest stay in sight.
    const observer = new ResizeObserver(() => {
      if (staying.current) box.current?.scrollTo(0, box.current.scrollHeight);
    });
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const button = beginning.current;
    if (button === null) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && chat.older(dialogId), {
      root: box.current,
    });
    observer.observe(button);
    return () => observer.disconnect();
  }, [first, history?.olderToken]);

  return (
    <div
      ref={box}
      class="history"
      role="log"
      aria-label="Messages"
      aria-live="off"
      aria-busy={history === undefined}
      onScroll={scrolled}
      onKeyDown={(event) => moveFocus(event, "article")}
    >
      {history === undefined && <p class="waiting">Loading messages…</p>}
      {history?.olderToken && (
        <button ref={beginning} type="button" class="more" onClick={() => chat.older(dialogId)}>
          Older messages
        </button>
      )}
      {messages.map((message, place) => (
        <Fragment key={message.messageId}>
          {dayOf(message.createTime) !== dayOf(messages[place - 1]?.createTime) && (
            <h3>{dayOf(message.createTime)}</h3>
          )}
          <MessageView
            message={message}
            actions={chat.actions}
            reachable={place === messages.length - 1}
            onEdit={onEdit}
            onDelete={onDelete}
          />
        </Fragment>
      ))}
      {outgoing.map((item) => (
        <OutgoingView key={item.key} item={item} outbox={chat.outbox} />
      ))}
      {!atEnd && unread > 0 && (
        <button
          type="button"
          class="newest"
          onClick={() => box.current?.scrollTo(0, box.current.scrollHeight)}
        >
          {unread} unread below
        </button>
      )}
    </div>
  );
}

function distanceFromEnd(element: HTMLElement | null): number {
  return element === null ? 0 : element.scrollHeight - element.scrollTop - element.clientHeight;
}
