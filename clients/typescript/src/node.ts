/** The library on Node. */
import type { TenantOptions, UserOptions } from "./client/options.js";
import { TenantClient as Tenant } from "./client/tenant_client.js";
import { Chat3Client as User } from "./client/user_client.js";
import { type NodeOptions, nodeTransport } from "./node/transport.js";

export * from "./index.js";
export { fileResumeStore, folderResumeStore } from "./node/file_resume_store.js";
export { type NodeOptions, nodeTransport } from "./node/transport.js";

/** The client of one user, by API key or by user tokens, over gRPC. */
export class Chat3Client extends User {
  constructor(options: UserOptions & NodeOptions) {
    super({ ...options, transport: nodeTransport(options) });
  }
}

/** The client of a back end, over gRPC. */
export class TenantClient extends Tenant {
  constructor(options: TenantOptions & NodeOptions) {
    super({ ...options, transport: nodeTransport(options) });
  }
}
