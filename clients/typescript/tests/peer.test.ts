/** An address where no service is: calls and streams say so, and the process goes on. */
import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";

import { Code, ConnectError } from "@connectrpc/connect";
import { Peer } from "../src/node/peer.js";
import { Chat3Client, Chat3Error, TenantClient } from "../src/node.js";

const PEERS: Record<string, (socket: Socket) => void> = {
  "who hangs up": (socket) => socket.destroy(),
  "a web server": (socket) => {
    socket.on("data", () => socket.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
  },
  "another server": (socket) => {
    socket.write("SSH-2.0-OpenSSH\r\n");
  },
};

async function at(peer: (socket: Socket) => void, use: (address: string) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    peer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const account = { apiKey: "k", tenant: "t", user: "alice", retryForMs: 0 };

for (const [name, peer] of Object.entries(PEERS)) {
  test(`calls and streams say that ${name} is no service`, () =>
    at(peer, async (address) => {
      const alice = new Chat3Client({ address, ...account });
      const tenant = new TenantClient({ address, ...account });
      const said = /^what answers at http:\/\/127\.0\.0\.1:\d+ does not speak HTTP\/2, or wants TLS: /;
      await assert.rejects(alice.getMyself({}), { code: Code.Unavailable, message: said });
      const watching = tenant.watching();
      watching.watch("alice");
      for (const stream of [alice.updates(), tenant.updates(), watching]) {
        for await (const event of stream) {
          assert.ok(event.type === "disconnected");
          assert.match(event.error.message, said);
          assert.ok(event.error.transient);
          break;
        }
      }
    }));
}

test("TLS with a port that has none ends calls and streams", () =>
  at(PEERS["a web server"] as (socket: Socket) => void, async (address) => {
    const alice = new Chat3Client({ address, ...account, tls: true });
    const wrong = { code: Code.FailedPrecondition, message: /^cannot speak TLS with https:.*is there none/ };
    await assert.rejects(alice.getMyself({}), wrong);
    await assert.rejects(alice.updates().run({}), wrong);
  }));

test("a certificate that is not trusted is no lost connection", async () => {
  const { explain } = new Peer("https://chat.example.com");
  const refused = Object.assign(new Error("self-signed certificate"), {
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  });
  const call = explain(() => Promise.reject(new ConnectError("of Node", Code.Internal, {}, [], refused)));
  const request = { signal: new AbortController().signal } as Parameters<typeof call>[0];
  const failure = Chat3Error.from(await call(request).catch((error: unknown) => error));
  assert.match(failure.message, /^the certificate of https:\/\/chat\.example\.com is not trusted: of Node/);
  assert.equal(failure.transient, false);
});
