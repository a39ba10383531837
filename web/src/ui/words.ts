/** Contract messages in words. */
import {
  type ConnectionState,
  type Dialog,
  GapReason,
  type LastMessage,
  type Message,
  MessageStatus,
  ResumeOutcome,
  type Timestamp,
  timestampDate,
  type UserInfo,
} from "@chat3/client/web";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export function timeOf(time: Timestamp | undefined): string {
  return time ? clock.format(timestampDate(time)) : "";
}

export function dayOf(time: Timestamp | undefined): string {
  return time ? day.format(timestampDate(time)) : "";
}

/** The time of today, the day of all else. */
export function momentOf(time: Timestamp | undefined): string {
  if (time === undefined) return "";
  const date = timestampDate(time);
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : shortDay.format(date);
}

export function nameOf(user: UserInfo | undefined, userId: string): string {
  return user?.displayName || userId;
}

export function titleOf(dialog: Dialog | undefined): string {
  return dialog?.title || "Untitled dialog";
}

export function contentOf({ deleted, content, type }: Message | LastMessage): string {
  if (deleted) return "Message deleted";
  return content || `A message of type ${type}`;
}

/** How far a message of the user's own has come. */
export function statusOf({ statusCounts }: Message): string {
  const count = (status: MessageStatus): number =>
    statusCounts.filter((row) => row.status === status).reduce((sum, row) => sum + row.count, 0);
  const read = count(MessageStatus.READ);
  if (read > 0) return read === 1 ? "Read" : `Read by ${read}`;
  return count(MessageStatus.DELIVERED) > 0 ? "Delivered" : "Sent";
}

const GAPS: Partial<Record<GapReason, string>> = {
  [GapReason.EXPIRED]: "away for too long",
  [GapReason.LOG_REPLACED]: "the service began anew",
  [GapReason.LOG_UNAVAILABLE]: "the service keeps no log",
  [GapReason.LOG_UNREADABLE]: "the log could not be read",
};

export function connectionIn(connection: ConnectionState): string {
  switch (connection.phase) {
    case "connecting":
      return "Connecting…";
    case "reconnecting":
      return "Reconnecting…";
    case "closed":
      return "Disconnected";
    case "live":
      if (connection.degraded) return "Live, updates are late";
      if (connection.gap !== undefined)
        return `Live, reloaded after a gap (${GAPS[connection.gap] ?? "unknown"})`;
      if (connection.outcome === ResumeOutcome.RESUMED) return "Live, resumed: nothing missed";
      return "Live";
  }
}

export function typingIn(names: readonly string[]): string {
  if (names.length === 0) return "";
  return `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} typing…`;
}
