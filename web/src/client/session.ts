/** Who is signed in, and the token that proves it: kept in memory alone, renewed before it expires. */
import type { Clock } from "./clock.js";

export interface UserToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Asks the application's own back end for a token. */
export type SignIn = (userId: string) => Promise<UserToken>;

const EARLIER_MS = 15_000;

export class Session {
  #current: UserToken | undefined;
  #renewal: Promise<UserToken> | undefined;

  constructor(
    readonly userId: string,
    private readonly signIn: SignIn,
    private readonly clock: Clock,
  ) {}

  /** A token that is valid as far as anybody here knows. Callers that wait together share one renewal. */
  async token(): Promise<string> {
    const known = this.#current;
    if (known !== undefined && known.expires - EARLIER_MS > this.clock.now()) return known.token;
    this.#renewal ??= this.signIn(this.userId).finally(() => {
      this.#renewal = undefined;
    });
    this.#current = await this.#renewal;
    return this.#current.token;
  }

  /** Forgets a token that was refused, unless another has replaced it already. */
  refused(token: string): void {
    if (this.#current?.token === token) this.#current = undefined;
  }
}
