/**
 * What says that a connection may be lost before the connection does: on a page its events, on a phone
 * those of its system. Calls `wake` with `online` when the network is back or is another one, and with
 * `awake` when the program goes on after it was suspended; the function returned ends that.
 */
export type Wakeups = (wake: (what: "online" | "awake") => void) => () => void;

export const noWakeups: Wakeups = () => () => undefined;
