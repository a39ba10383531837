// Package chat3 is the client of the Chat3 User Service.
//
// A [Client] acts for one user, a [TenantClient] is a tenant's back end, which can act for all its
// users. Both have all methods of the contract, with the generated types of requests and responses,
// and add to each call what a good client does:
//
//   - a deadline of 15 seconds when the context has none;
//   - one idempotency key for each logical call, the same in every attempt;
//   - repetitions where the service's error catalogue allows them, after the delay it asks for, with
//     jitter, and never of a call whose repetition could write twice;
//   - a fresh user token when the old one comes to its end or is refused;
//   - failures as [*Error], with the reason, the fields and the request id.
//
// [Client.Updates] is a stream of updates that does not end: it reconnects, resumes, and treats
// silence as failure. A [Watcher] does so for many users of a tenant. [LocalStore] keeps what a user
// sees, by the merge rules of the contract. [All] reads lists of any length.
package chat3
