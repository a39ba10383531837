/** Who is at the other end: a service that speaks HTTP/2, or something else that takes connections. */
import type { Http2Session } from "node:http2";

import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

// Of certificates that nobody trusts: `DEPTH_ZERO_SELF_SIGNED_CERT`, `CERT_HAS_EXPIRED` and others.
const CERTIFICATE = /CERT|UNABLE_TO_/;

export class Peer {
  readonly #met = new WeakSet<Http2Session>();
  /** Whether a connection was ever made. */
  #connected = false;
  /** Whether the other side ever began with the settings of HTTP/2. */
  #greeted = false;

  constructor(private readonly origin: string) {}

  /** Takes the connection of a request. */
  meet(session: Http2Session | undefined): void {
    this.#connected = true;
    if (session === undefined || this.#met.has(session)) return;
    this.#met.add(session);
    session.once("remoteSettings", () => {
      this.#greeted = true;
    });
    // A connection can fail when connect does not listen to it any more. Node would end the process.
    session.on("error", () => undefined);
  }

  /** Says what may be wrong as long as there was never a service; Node names a stream, or a protocol. */
  readonly explain: Interceptor = (next) => async (request) => {
    try {
      return await next(request);
    } catch (error) {
      if (this.#greeted || request.signal.aborted) throw error;
      throw this.#explained(ConnectError.from(error));
    }
  };

  #explained(failure: ConnectError): ConnectError {
    const known = codeOf(failure);
    const explained = (text: string, code: Code): ConnectError =>
      new ConnectError(`${text}: ${failure.rawMessage.trim()}`, code, undefined, undefined, failure);
    if (known.startsWith("ERR_SSL_"))
      return explained(`cannot speak TLS with ${this.origin}; is there none?`, Code.FailedPrecondition);
    if (CERTIFICATE.test(known))
      return explained(`the certificate of ${this.origin} is not trusted`, Code.FailedPrecondition);
    if (!this.#connected || failure.code === Code.DeadlineExceeded) return failure;
    const tls = this.origin.startsWith("https:") ? "" : ", or wants TLS";
    return explained(`what answers at ${this.origin} does not speak HTTP/2${tls}`, Code.Unavailable);
  }
}

/** The code of the error of Node that is behind a failure; empty when there is none. */
function codeOf(failure: ConnectError): string {
  for (let error: unknown = failure.cause; error instanceof Error; error = error.cause) {
    if ("code" in error && typeof error.code === "string") return error.code;
  }
  return "";
}
