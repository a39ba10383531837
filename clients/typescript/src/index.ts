/** What is the same on every platform. `node.ts` and `web.ts` add how to reach the service. */
export { retryFor } from "./client/calls.js";
export { type Clock, systemClock } from "./client/clock.js";
export {
  Chat3Error,
  type FieldViolation,
  hasReason,
  type Reason,
  SignInRequiredError,
} from "./client/errors.js";
export type { TokenSource, UserToken } from "./client/identity.js";
export { newKey } from "./client/keys.js";
export type { Logger } from "./client/logger.js";
export type {
  CommonOptions,
  KeyOfTenant,
  KeyOfUser,
  OverTransport,
  TenantOptions,
  TokenOfUser,
  UserOptions,
} from "./client/options.js";
export { itemsOf, type Listing, pagesOf, toArray } from "./client/pages.js";
export { type RetryOptions, withRetries } from "./client/retry.js";
export { type TenantCalls, TenantClient } from "./client/tenant_client.js";
export {
  Chat3Client,
  type DialogsRequest,
  type HistoryRequest,
  type SubscribeListener,
  type UserCalls,
} from "./client/user_client.js";
export * from "./contract.js";
export { LiveStore, type LiveStoreOptions } from "./store/live_store.js";
export { LocalStore } from "./store/local_store.js";
export { type Merged, merge, type Read } from "./store/merge.js";
export { Observable } from "./store/observable.js";
export {
  dialogsInOrder,
  emptyPicture,
  type History,
  messageIn,
  type Picture,
  withDialog,
  withDialogs,
  withHistory,
  withMembership,
  withMessage,
} from "./store/picture.js";
export type { CatchUpOptions } from "./stream/catch_up.js";
export type { ConnectionState, Live } from "./stream/connection.js";
export type { Disconnected } from "./stream/reconnecting.js";
export {
  memoryResumeStore,
  type ResumeStore,
  storageResumeStore,
  type UserResumeStore,
  type WebStorage,
} from "./stream/resume_store.js";
export type {
  Connected,
  GapEvent,
  UpdateEvent,
  UpdateStream,
  UpdatesEvent,
  UpdatesListener,
  UpdatesOptions,
} from "./stream/update_stream.js";
export type { Wakeups } from "./stream/wakeups.js";
export type { WatchEvent, Watching, WatchOptions } from "./stream/watching.js";
