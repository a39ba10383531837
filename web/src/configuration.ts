/** What the application's own back end tells the page: who can sign in, and where the service is. */
import type { UserToken } from "@chat3/client/web";

const TIMEOUT_MS = 15_000;

export interface DemoUser {
  readonly userId: string;
  readonly name: string;
}

export interface Configuration {
  readonly users: readonly DemoUser[];
  /** The origin of the service; empty when it is the page's own. */
  readonly service: string;
}

export async function readConfiguration(): Promise<Configuration> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return (await answered(await fetch("demo/configuration", { signal }))) as Configuration;
}

/** Asks the back end for a user token: it has the API key, the page never sees it. */
export async function signIn(userId: string): Promise<UserToken> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ userId });
  return (await answered(await fetch("demo/sign-in", { method: "POST", headers, body }))) as UserToken;
}

async function answered(response: Response): Promise<unknown> {
  if (response.ok) return response.json();
  throw new Error(`the demo's back end answered ${response.status}`);
}
