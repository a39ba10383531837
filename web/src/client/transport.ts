/** The client of UserService: Connect's own protocol over fetch, with the user's token on every call. */
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

import { UserService } from "../gen/chat3/user/v1/user_service_pb.js";
import { isUnauthenticated } from "./failures.js";
import type { Session } from "./session.js";

export type UserClient = Client<typeof UserService>;

const UNARY_TIMEOUT_MS = 15_000;

export function browserClient(baseUrl: string, session: Session): UserClient {
  return clientOf(
    createConnectTransport({ baseUrl, useBinaryFormat: true, interceptors: [authorized(session)] }),
  );
}

/** A client whose unary calls end in time. Streams have no deadline: they end when nothing is heard. */
export function clientOf(transport: Transport): UserClient {
  return createClient(UserService, {
    stream: transport.stream.bind(transport),
    unary: (method, signal, timeoutMs, ...rest) =>
      transport.unary(method, signal, timeoutMs ?? UNARY_TIMEOUT_MS, ...rest),
  });
}

/**
 * A token that has expired or was revoked is replaced: for a unary call at once and once, for a stream
 * when it is opened again. A new one that is refused too is a failure.
 */
export function authorized(session: Session): Interceptor {
  return (next) => async (request) => {
    const token = await session.token();
    request.header.set("authorization", `Bearer ${token}`);
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: watched(response.message, session, token) } : response;
    } catch (error) {
      if (!isUnauthenticated(error)) throw error;
      session.refused(token);
      if (request.stream) throw error;
      request.header.set("authorization", `Bearer ${await session.token()}`);
      return await next(request);
    }
  };
}

/** A stream says that its token is refused where its messages end, be it at the beginning or later. */
async function* watched<T>(messages: AsyncIterable<T>, session: Session, token: string): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    if (isUnauthenticated(error)) session.refused(token);
    throw error;
  }
}
