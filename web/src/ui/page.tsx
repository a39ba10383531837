/** The page: signing in, then the chat of the user who did. */

import { Chat3Client, systemClock, withRetries } from "@chat3/client/web";
import { useEffect, useState } from "preact/hooks";

import { Chat } from "../chat/chat.js";
import { type Configuration, readConfiguration, signIn } from "../configuration.js";
import { ChatView } from "./chat_view.js";
import { SignIn } from "./sign_in.js";

// Of a tab, so that two tabs can be two people; kept through a reload.
const SIGNED_IN = "chat3.user";

export function Page() {
  const [configuration, setConfiguration] = useState<Configuration>();
  const [chat, setChat] = useState<Chat>();

  function enter(userId: string, { service }: Configuration): void {
    sessionStorage.setItem(SIGNED_IN, userId);
    // Whatever a user does here is tried until it succeeds, is refused, or the user leaves.
    const client = new Chat3Client({
      tokens: () => signIn(userId),
      address: service,
      retryForMs: Number.POSITIVE_INFINITY,
    });
    const entered = new Chat(userId, client, systemClock, sessionStorage);
    entered.start();
    setChat(entered);
  }

  function leave(): void {
    chat?.close();
    sessionStorage.removeItem(SIGNED_IN);
    location.hash = "";
    setChat(undefined);
  }

  useEffect(() => {
    const closing = new AbortController();
    const untilLeft = { forMs: Number.POSITIVE_INFINITY, signal: closing.signal };
    const read = withRetries(untilLeft, readConfiguration).then((found) => {
      setConfiguration(found);
      const userId = sessionStorage.getItem(SIGNED_IN);
      if (userId !== null) enter(userId, found);
    });
    read.catch((error: unknown) => {
      if (!closing.signal.aborted) throw error;
    });
    return () => closing.abort();
  }, []);

  if (chat !== undefined) return <ChatView chat={chat} onSignOut={leave} />;
  if (configuration === undefined) return <p class="waiting">Looking for the service…</p>;
  return <SignIn users={configuration.users} onChoose={(userId) => enter(userId, configuration)} />;
}
