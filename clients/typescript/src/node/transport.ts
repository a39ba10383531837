/** gRPC over HTTP/2, one connection for all calls, found dead when it is. */
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

export interface NodeOptions {
  /** `host:port`, or an URL: `https://chat.example.com`. */
  readonly address: string;
  /**
   * TLS, for an address without a scheme: `true` trusts the system's authorities; `ca` names others, and
   * `cert` and `key` are the client's own. All in PEM.
   */
  readonly tls?: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Of connect: called for every attempt of every call. */
  readonly interceptors?: readonly Interceptor[];
}

const PING_EVERY_MS = 10_000;
const PING_ANSWERED_MS = 5_000;

export function nodeTransport({ address, tls, interceptors = [] }: NodeOptions): Transport {
  const baseUrl = /^https?:\/\//.test(address) ? address : `${tls ? "https" : "http"}://${address}`;
  return createGrpcTransport({
    baseUrl,
    interceptors: [...interceptors],
    // Without them a connection that died silently takes calls until the system gives it up.
    pingIntervalMs: PING_EVERY_MS,
    pingTimeoutMs: PING_ANSWERED_MS,
    ...(typeof tls === "object" && { nodeOptions: { ...tls } }),
  });
}
