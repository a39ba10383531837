/** The library in a browser. */
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

import type { CommonOptions, TokenOfUser } from "./client/options.js";
import { Chat3Client as User } from "./client/user_client.js";

export * from "./index.js";

export interface WebOptions {
  /** The service's origin: the page's own if it is not set. */
  readonly address?: string;
  /** Of connect: called for every attempt of every call. */
  readonly interceptors?: readonly Interceptor[];
}

export function webTransport({ address, interceptors = [] }: WebOptions = {}): Transport {
  return createConnectTransport({
    baseUrl: address || location.origin,
    useBinaryFormat: true,
    interceptors: [...interceptors],
  });
}

/** The client of one user, by user tokens: an API key never enters a page. */
export class Chat3Client extends User {
  constructor(options: TokenOfUser & CommonOptions & WebOptions) {
    super({ ...options, transport: webTransport(options) });
  }
}
