import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import type { MessageInitShape } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";

import { TenantService } from "../src/gen/chat3/tenant/v1/tenant_service_pb.js";
import type { WatchUpdatesResponseSchema } from "../src/gen/chat3/tenant/v1/watch_calls_pb.js";
import { UserService } from "../src/gen/chat3/user/v1/user_service_pb.js";
import { Chat3Client, fileResumeStore, folderResumeStore, TenantClient } from "../src/node.js";

type WatchResponse = MessageInitShape<typeof WatchUpdatesResponseSchema>;

test("a resume token in a file outlives its store, and only its owner can read it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chat3-"));
  try {
    const path = join(folder, "token");
    assert.equal(await fileResumeStore(path).load(), "");
    await fileResumeStore(path).save("t1");
    await fileResumeStore(path).save("t2");
    assert.equal(await fileResumeStore(path).load(), "t2");
    assert.equal((await stat(path)).mode & 0o077, 0);
    assert.deepEqual(await readdir(folder), ["token"]);
    await fileResumeStore(path).save("");
    assert.equal(await fileResumeStore(path).load(), "");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("calls go by gRPC over HTTP/2, in both directions at once", async () => {
  const server = createServer(
    connectNodeAdapter({
      routes: ({ service }) => {
        service(UserService, { getMyself: () => ({ user: { userId: "alice" } }) });
        service(TenantService, {
          watchUpdates: async function* (requests): AsyncGenerator<WatchResponse> {
            yield { event: { case: "connectionEstablished", value: {} } };
            for await (const { watch } of requests) {
              const watched = watch.map(({ userId }) => ({ userId, resumeToken: "t" }));
              yield { event: { case: "acknowledged", value: { watched } } };
            }
          },
        });
      },
    }),
  );
  const sessions = new Set<ServerHttp2Session>();
  let connections = 0;
  server.on("session", (session) => {
    connections += 1;
    sessions.add(session);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const account = { address, apiKey: "k", tenant: "t" };
    const { user } = await new Chat3Client({ ...account, user: "alice" }).getMyself({});
    assert.equal(user?.userId, "alice");
    const tenant = new TenantClient(account);
    const same = await Promise.all([tenant.as("alice").getMyself({}), tenant.as("alice").getMyself({})]);
    assert.deepEqual(
      same.map((each) => each.user?.userId),
      ["alice", "alice"],
    );
    assert.equal(connections, 2, "one for each client, and none for each user of a tenant");
    const watching = tenant.watching();
    watching.watch("alice");
    const heard: string[] = [];
    for await (const event of watching) {
      heard.push(event.type);
      if (event.type === "connected") watching.watch("bob");
      if (event.type === "watched" && event.userId === "bob") break;
    }
    assert.deepEqual(heard, ["connected", "watched", "watched"]);
  } finally {
    for (const session of sessions) session.destroy();
    server.close();
  }
});

test("the folder of a resume token is made when the first one is kept", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chat3-"));
  try {
    const store = fileResumeStore(join(folder, "a", "b", "token"));
    assert.equal(await store.load(), "");
    await store.save("t1");
    assert.equal(await store.load(), "t1");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the tokens of many users are kept in a folder, whatever their names", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chat3-"));
  const users = ["alice", "../alice", "a/b", "..", "ж".repeat(100), "ж".repeat(101)];
  try {
    for (const user of users) await folderResumeStore(folder).save(user, `of ${user}`);
    for (const user of users) assert.equal(await folderResumeStore(folder).load(user), `of ${user}`);
    const files = await readdir(folder);
    assert.equal(files.length, users.length);
    // No user is called as the file of another one, whose name is a hash.
    for (const file of files)
      await folderResumeStore(folder).save(file.replace(/^#|\.token$/g, ""), "another");
    assert.equal(await folderResumeStore(folder).load("ж".repeat(101)), `of ${"ж".repeat(101)}`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
