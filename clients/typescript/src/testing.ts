/**
 * For the tests of applications: a service in memory, failures as the service makes them, streams that a
 * test feeds, and a clock that it moves.
 *
 *     const transport = fakeTransport({ user: { sendMessage: ({ content }) => ({ message: { content } }) } });
 *     const client = new Chat3Client({ transport, apiKey: "k", tenant: "tnt_test", user: "alice" });
 */
import {
  createRouterTransport,
  type Interceptor,
  type ServiceImpl,
  type Transport,
} from "@connectrpc/connect";

import { TenantService } from "./gen/chat3/tenant/v1/tenant_service_pb.js";
import { UserService } from "./gen/chat3/user/v1/user_service_pb.js";

export { FakeClock, settled } from "./testing/fake_clock.js";
export { type FakeEvent, FakeStream } from "./testing/fake_stream.js";
export { type RefusalDetails, refusal } from "./testing/refusal.js";

export interface FakeService {
  /** Methods of `UserService`; others answer UNIMPLEMENTED. */
  readonly user?: Partial<ServiceImpl<typeof UserService>> | undefined;
  /** Methods of `TenantService`; others answer UNIMPLEMENTED. */
  readonly tenant?: Partial<ServiceImpl<typeof TenantService>> | undefined;
  /** Called for every attempt of every call. */
  readonly interceptors?: readonly Interceptor[] | undefined;
}

/** A transport to a service in memory: messages go through their binary form, nothing through a network. */
export function fakeTransport({ user = {}, tenant = {}, interceptors = [] }: FakeService): Transport {
  return createRouterTransport(
    ({ service }) => {
      service(UserService, user);
      service(TenantService, tenant);
    },
    { transport: { interceptors: [...interceptors] } },
  );
}
