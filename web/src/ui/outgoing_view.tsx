import type { Outbox, Outgoing } from "../chat/outbox.js";

/** A message that the service has not answered for yet, or has refused. */
export function OutgoingView({ item, outbox }: { item: Outgoing; outbox: Outbox }) {
  return (
    <article class="message mine outgoing" aria-label="You, being sent">
      <div class="bubble">
        <p class="content">{item.text}</p>
        <p class="facts">
          <span class="status">{item.failure === undefined ? "Sending…" : `Not sent: ${item.failure}`}</span>
        </p>
      </div>
      {item.failure !== undefined && (
        <div class="choices" role="group" aria-label="Actions">
          <button type="button" class="quiet" onClick={() => outbox.retry(item.key)}>
            Try again
          </button>
          <button type="button" class="quiet" onClick={() => outbox.discard(item.key)}>
            Discard
          </button>
        </div>
      )}
    </article>
  );
}
