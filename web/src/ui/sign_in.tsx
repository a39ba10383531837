import type { DemoUser } from "../configuration.js";
import { Avatar } from "./avatar.js";

export function SignIn({
  users,
  onChoose,
}: {
  users: readonly DemoUser[];
  onChoose: (userId: string) => void;
}) {
  return (
    <main class="sign-in">
      <h1>Chat3</h1>
      <p>Who are you? Open a second window to be somebody else.</p>
      <ul>
        {users.map(({ userId, name }) => (
          <li key={userId}>
            <button type="button" onClick={() => onChoose(userId)}>
              <Avatar id={userId} name={name} />
              Sign in as {name}
            </button>
          </li>
        ))}
      </ul>
      <p class="small">A demo: the users need no password, and their data goes when the service ends.</p>
    </main>
  );
}
