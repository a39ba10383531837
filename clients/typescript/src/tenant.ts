/** The messages and enums of `chat3.tenant.v1`: some have names that `chat3.user.v1` has, too. */

export * from "./gen/chat3/tenant/v1/dialog_calls_pb.js";
export * from "./gen/chat3/tenant/v1/dialog_pb.js";
export * from "./gen/chat3/tenant/v1/member_calls_pb.js";
export * from "./gen/chat3/tenant/v1/message_calls_pb.js";
export * from "./gen/chat3/tenant/v1/meta_index_calls_pb.js";
export * from "./gen/chat3/tenant/v1/meta_index_pb.js";
export * from "./gen/chat3/tenant/v1/pack_calls_pb.js";
export * from "./gen/chat3/tenant/v1/pack_member_calls_pb.js";
export * from "./gen/chat3/tenant/v1/pack_pb.js";
export * from "./gen/chat3/tenant/v1/tenant_service_pb.js";
export * from "./gen/chat3/tenant/v1/token_calls_pb.js";
export * from "./gen/chat3/tenant/v1/topic_calls_pb.js";
export * from "./gen/chat3/tenant/v1/update_calls_pb.js";
export * from "./gen/chat3/tenant/v1/user_calls_pb.js";
export * from "./gen/chat3/tenant/v1/user_pb.js";
export * from "./gen/chat3/tenant/v1/watch_calls_pb.js";
export * from "./gen/chat3/tenant/v1/watching_pb.js";
