/** gRPC over HTTP/2, one connection for all calls, found dead when it is. */
import type { ClientHttp2Stream } from "node:http2";

import type { Interceptor, Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

import { Peer } from "./peer.js";

export interface NodeOptions {
  /** `host:port`, or an URL: `https://chat.example.com`. */
  readonly address: string;
  /**
   * TLS, for an address without a scheme: `true` trusts the system's authorities; `ca` names others, and
   * `cert` and `key` are the client's own. All in PEM.
   */
  readonly tls?:
    | boolean
    | { readonly ca?: string; readonly cert?: string; readonly key?: string }
    | undefined;
  /** Of connect: called for every attempt of every call. */
  readonly interceptors?: readonly Interceptor[] | undefined;
}

// Without them a connection that died silently takes calls until the system gives it up.
const PINGS = { pingIntervalMs: 10_000, pingTimeoutMs: 5_000 };

export function nodeTransport({ address, tls, interceptors = [] }: NodeOptions): Transport {
  const baseUrl = /^https?:\/\//.test(address) ? address : `${tls ? "https" : "http"}://${address}`;
  const sessionManager = new Http2SessionManager(baseUrl, PINGS, typeof tls === "object" ? { ...tls } : {});
  const request = sessionManager.request.bind(sessionManager);
  const peer = new Peer(baseUrl);
  sessionManager.request = async (...wanted) => {
    const stream = await request(...wanted);
    peer.meet(stream.session);
    return destroyedWhenClosed(stream);
  };
  return createGrpcTransport({ baseUrl, interceptors: [...interceptors, peer.explain], sessionManager });
}

/**
 * A stream whose answer was complete when its call was cancelled waits for somebody to read it, and keeps
 * the connection open, and with it a process that has nothing left to do. Nobody will: it is destroyed.
 */
function destroyedWhenClosed(stream: ClientHttp2Stream): ClientHttp2Stream {
  const close = stream.close.bind(stream);
  stream.close = (code, callback) => {
    close(code, callback);
    setImmediate(() => stream.destroy());
  };
  return stream;
}
