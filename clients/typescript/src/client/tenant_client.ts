/** The client of a back end, which acts for nobody and sees a whole tenant. */
import { durationFromMs, timestampDate } from "@bufbuild/protobuf/wkt";
import { type CallOptions, type Client, createClient } from "@connectrpc/connect";

import { TenantService } from "../gen/chat3/tenant/v1/tenant_service_pb.js";
import { UpdateStream, type UpdatesOptions } from "../stream/update_stream.js";
import { Watching, type WatchOptions } from "../stream/watching.js";
import type { UserToken } from "./identity.js";
import { type OverTransport, type Parts, partsOfTenant, type TenantOptions } from "./options.js";
import { Chat3Client } from "./user_client.js";

/** Every method of `TenantService`, with its messages as plain objects. */
export type TenantCalls = Client<typeof TenantService>;

const Calls = class {
  constructor(readonly rpc: TenantCalls) {
    Object.assign(this, rpc);
  }
} as unknown as new (
  rpc: TenantCalls,
) => Omit<TenantCalls, "watchUpdates" | "subscribeTenantUpdates"> & {
  /** All methods of the contract, streams included, as connect has them. */
  readonly rpc: TenantCalls;
};

/** Calls are those of `Chat3Client`: with deadlines, safe repetitions, and failures of one class. */
export class TenantClient extends Calls {
  readonly #parts: Parts;
  readonly #options: TenantOptions & OverTransport;

  constructor(options: TenantOptions & OverTransport) {
    const parts = partsOfTenant(options);
    super(createClient(TenantService, parts.transport));
    this.#parts = parts;
    this.#options = options;
  }

  /** The client of one user, by the same key and on the same connection. Nothing of it has to be closed. */
  as(user: string): Chat3Client {
    return new Chat3Client({ ...this.#options, user });
  }

  /** A user token for an app: what its `tokens` wants to get from the application's back end. */
  async userToken(userId: string, lifeMs?: number, options?: CallOptions): Promise<UserToken> {
    const ttl = lifeMs === undefined ? {} : { ttl: durationFromMs(lifeMs) };
    const { token, expireTime } = await this.rpc.createUserToken({ userId, ...ttl }, options);
    return { token, expires: expireTime ? timestampDate(expireTime) : new Date(0) };
  }

  /** The updates of all users of the tenant, as an async iterable of events. */
  updates(options: UpdatesOptions = {}): UpdateStream {
    const { kinds = [], dialogIds = [], heartbeatMs } = options;
    const request = {
      updateKinds: [...kinds],
      dialogIds: [...dialogIds],
      ...(heartbeatMs === undefined ? {} : { heartbeatInterval: durationFromMs(heartbeatMs) }),
    };
    return new UpdateStream(
      (resumeToken, signal) => this.rpc.subscribeTenantUpdates({ ...request, resumeToken }, { signal }),
      options,
      this.#parts.clock,
      this.#parts.logger,
    );
  }

  /**
   * The updates of many users on one stream: `watch` and `unwatch` change which. Needs HTTP/2 in both
   * directions, which browsers do not have.
   */
  watching(options: WatchOptions = {}): Watching {
    return new Watching(
      (requests, signal) => this.rpc.watchUpdates(requests, { signal }),
      options,
      this.#parts.clock,
      this.#parts.logger,
    );
  }
}
