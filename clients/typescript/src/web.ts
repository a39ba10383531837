/** The library in a browser. */
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

import type { CommonOptions, TokenOfUser } from "./client/options.js";
import { Chat3Client as User } from "./client/user_client.js";
import type { Wakeups } from "./stream/wakeups.js";

export * from "./index.js";

export interface WebOptions {
  /** The service's origin: the page's own if it is not set. */
  readonly address?: string | undefined;
  /** Of connect: called for every attempt of every call. */
  readonly interceptors?: readonly Interceptor[] | undefined;
}

export function webTransport({ address, interceptors = [] }: WebOptions = {}): Transport {
  return createConnectTransport({
    baseUrl: address || location.origin,
    useBinaryFormat: true,
    interceptors: [...interceptors],
  });
}

/** The page is online again, or is shown again after its machine slept or its tab was frozen. */
export const pageWakeups: Wakeups = (wake) => {
  const listening = new AbortController();
  const { signal } = listening;
  const shown = (): void => {
    if (document.visibilityState === "visible") wake("awake");
  };
  // A worker has no document; a test on Node, and a phone, have no events at all.
  globalThis.addEventListener?.("online", () => wake("online"), { signal });
  globalThis.addEventListener?.("pageshow", shown, { signal });
  globalThis.document?.addEventListener("visibilitychange", shown, { signal });
  return () => listening.abort();
};

/** The client of one user, by user tokens: an API key never enters a page. */
export class Chat3Client extends User {
  constructor(options: TokenOfUser & CommonOptions & WebOptions) {
    super({ ...options, transport: webTransport(options), wakeups: pageWakeups });
  }
}
