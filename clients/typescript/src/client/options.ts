/** What a client is made of, on every platform. */
import type { Transport } from "@connectrpc/connect";
import { noWakeups, type Wakeups } from "../stream/wakeups.js";
import { type CallSettings, reliable } from "./calls.js";
import { type Clock, systemClock } from "./clock.js";
import { type Identity, keyIdentity, TokenIdentity, type TokenSource } from "./identity.js";
import { type Logger, silent } from "./logger.js";

export interface CommonOptions {
  /** The deadline of one attempt of a unary call, in ms: 15 seconds if it is not set. */
  readonly timeoutMs?: number | undefined;
  /**
   * For how long after its beginning a call is repeated where that helps, in ms: a minute if it is not
   * set. 0 is one attempt.
   */
  readonly retryForMs?: number | undefined;
  /** Told of repetitions, lost streams and what cannot be stored; nobody is if it is not set. */
  readonly logger?: Logger | undefined;
  /** Time and chance: for tests. */
  readonly clock?: Clock | undefined;
}

/** For a back end that acts for its users. The key can act as anybody: it never leaves the back end. */
export interface KeyOfUser {
  readonly apiKey: string;
  readonly tenant: string;
  readonly user: string;
}

/** For an app on somebody's device. */
export interface TokenOfUser {
  /** Asks the application's own back end for a user token. */
  readonly tokens: TokenSource;
  /** The user, if it is known: only a live store needs it. */
  readonly user?: string | undefined;
}

/** For a back end that acts for the whole tenant. */
export interface KeyOfTenant {
  readonly apiKey: string;
  readonly tenant: string;
}

/** The transport that carries calls: of connect, or one of a test. */
export interface OverTransport {
  readonly transport: Transport;
  /** What says that the network is back: the events of a page on the web, nothing if it is not set. */
  readonly wakeups?: Wakeups | undefined;
}

export type UserOptions = (KeyOfUser | TokenOfUser) & CommonOptions;
export type TenantOptions = KeyOfTenant & CommonOptions;

const TIMEOUT_MS = 15_000;
const RETRY_FOR_MS = 60_000;

/** The parts of a client that its streams need, and the transport that its calls go by. */
export interface Parts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wakeups: Wakeups;
}

export function partsOfUser(options: UserOptions & OverTransport): Parts {
  const { clock = systemClock, logger = silent } = options;
  const identity =
    "tokens" in options
      ? new TokenIdentity(options.tokens, clock, logger)
      : keyIdentity(options.apiKey, options.tenant, options.user);
  return parts(options, identity);
}

export function partsOfTenant(options: TenantOptions & OverTransport): Parts {
  return parts(options, keyIdentity(options.apiKey, options.tenant));
}

function parts(options: CommonOptions & OverTransport, identity: Identity): Parts {
  const { timeoutMs = TIMEOUT_MS, retryForMs = RETRY_FOR_MS } = options;
  const { clock = systemClock, logger = silent, wakeups = noWakeups } = options;
  const settings: CallSettings = { identity, timeoutMs, retryForMs, clock, logger, wakeups };
  return { transport: reliable(options.transport, settings), clock, logger, wakeups };
}
