/** Who calls: what proves it stands in the metadata of every call. */
import { Code, ConnectError } from "@connectrpc/connect";

import { type Clock, systemClock, unlessAborted } from "./clock.js";
import { type Logger, silent } from "./logger.js";

export interface Identity {
  /** Sets what proves the caller. Returns what was set, for `refused`. */
  prove(headers: Headers): Promise<string>;
  /** Says that the service refused this proof. True when there can be another. */
  refused(proof: string): boolean;
}

/** A user token, as the application's own back end creates it by `TenantClient.createUserToken`. */
export interface UserToken {
  readonly token: string;
  /** When it ends: milliseconds since 1970, a date, or its text in JSON. */
  readonly expires: number | Date | string;
}

/**
 * Asks the application's own back end for a user token. It may fail: calls then go on with the present
 * token while that lives. It throws a `SignInRequiredError` when only the user can help.
 */
export type TokenSource = () => Promise<UserToken>;

/** An API key, for back ends: of a tenant, and of one of its users where the call is a user's. */
export function keyIdentity(apiKey: string, tenant: string, user?: string): Identity {
  return {
    prove: async (headers) => {
      headers.set("x-api-key", apiKey);
      headers.set("x-tenant-id", tenant);
      if (user !== undefined) headers.set("x-user-id", encodeURIComponent(user));
      return apiKey;
    },
    refused: () => false,
  };
}

interface KnownToken {
  readonly token: string;
  /** When it should be replaced, and when it must be. */
  readonly renewAt: number;
  readonly endsAt: number;
}

const RENEWED_AFTER = 0.75;
const BETWEEN_RENEWALS_MS = 5_000;
const ANSWERED_MS = 15_000;

/**
 * User tokens, one after the other: a new one is fetched at three quarters of the life of the present
 * one, and when the service refuses that. They are kept in memory alone.
 */
export class TokenIdentity implements Identity {
  #known: KnownToken | undefined;
  #fetching: Promise<KnownToken> | undefined;

  constructor(
    private readonly source: TokenSource,
    private readonly clock: Clock = systemClock,
    private readonly logger: Logger = silent,
  ) {}

  async prove(headers: Headers): Promise<string> {
    const token = await this.token();
    headers.set("authorization", `Bearer ${token}`);
    return token;
  }

  /** A token that is valid as far as anybody here knows. */
  async token(): Promise<string> {
    const known = this.#known;
    const now = this.clock.now();
    if (known === undefined || known.endsAt <= now) return (await this.#fetch()).token;
    // The present token is good for a while: nobody waits for its successor.
    if (known.renewAt <= now) void this.#renew();
    return known.token;
  }

  /** Forgets a token that was refused, unless another has replaced it already. */
  refused(token: string): boolean {
    if (this.#known?.token === token) this.#known = undefined;
    return true;
  }

  /** Callers that wait at the same time share one token. */
  #fetch(): Promise<KnownToken> {
    this.#fetching ??= this.#inTime(this.source())
      .then((fetched) => {
        this.#known = this.#lifeOf(fetched);
        return this.#known;
      })
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  /** A source that never answers must not hold all calls for ever. */
  async #inTime(fetched: Promise<UserToken>): Promise<UserToken> {
    const late = new AbortController();
    const cancel = this.clock.after(ANSWERED_MS, () =>
      late.abort(new Error("the source of user tokens has not answered")),
    );
    try {
      return await unlessAborted(fetched, late.signal);
    } finally {
      cancel();
    }
  }

  async #renew(): Promise<void> {
    if (this.#fetching !== undefined) return;
    try {
      await this.#fetch();
    } catch (error) {
      this.logger.warn?.("a user token could not be renewed", { error });
      if (this.#known === undefined) return;
      const { token, endsAt } = this.#known;
      this.#known = { token, endsAt, renewAt: this.clock.now() + BETWEEN_RENEWALS_MS };
    }
  }

  #lifeOf({ token, expires }: UserToken): KnownToken {
    const now = this.clock.now();
    const life = (typeof expires === "string" ? Date.parse(expires) : Number(expires)) - now;
    // What a back end answered is seldom typed: an answer that says why there is no token is none.
    if (typeof token !== "string" || token === "" || Number.isNaN(life)) throw noToken();
    // By a clock that is wrong every token has ended. The service's clock decides: it refuses.
    if (life <= 0) return { token, renewAt: Number.POSITIVE_INFINITY, endsAt: Number.POSITIVE_INFINITY };
    return { token, renewAt: now + RENEWED_AFTER * life, endsAt: now + life };
  }
}

/** A repetition does not help: the source has to be fixed. */
function noToken(): ConnectError {
  const text =
    "the source of user tokens has returned something without `token` or without a time in `expires`";
  return new ConnectError(text, Code.FailedPrecondition);
}
