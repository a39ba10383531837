package chat3

import "google.golang.org/grpc/codes"

// Reason is the name of an ErrorReason of the contract, exactly as it is on the wire. docs/errors.md
// says of each when it happens and what to do. A Reason is an error, so that errors.Is finds it:
//
//	if errors.Is(err, chat3.ReasonNotAMember) { … }
type Reason string

// Error returns the name.
func (r Reason) Error() string { return string(r) }

// The reasons of the contract.
const (
	ReasonInvalidField                Reason = "ERROR_REASON_INVALID_FIELD"
	ReasonInvalidMetadata             Reason = "ERROR_REASON_INVALID_METADATA"
	ReasonAPIKeyMissing               Reason = "ERROR_REASON_API_KEY_MISSING"
	ReasonAPIKeyInvalid               Reason = "ERROR_REASON_API_KEY_INVALID"
	ReasonPermissionMissing           Reason = "ERROR_REASON_PERMISSION_MISSING"
	ReasonNotAMember                  Reason = "ERROR_REASON_NOT_A_MEMBER"
	ReasonTenantNotFound              Reason = "ERROR_REASON_TENANT_NOT_FOUND"
	ReasonUserNotFound                Reason = "ERROR_REASON_USER_NOT_FOUND"
	ReasonMessageNotFound             Reason = "ERROR_REASON_MESSAGE_NOT_FOUND"
	ReasonTopicNotFound               Reason = "ERROR_REASON_TOPIC_NOT_FOUND"
	ReasonRequestTooLarge             Reason = "ERROR_REASON_REQUEST_TOO_LARGE"
	ReasonUpstreamUnavailable         Reason = "ERROR_REASON_UPSTREAM_UNAVAILABLE"
	ReasonUpstreamInvalidResponse     Reason = "ERROR_REASON_UPSTREAM_INVALID_RESPONSE"
	ReasonUpstreamRejected            Reason = "ERROR_REASON_UPSTREAM_REJECTED"
	ReasonDeadlineExceeded            Reason = "ERROR_REASON_DEADLINE_EXCEEDED"
	ReasonUpdatesUnavailable          Reason = "ERROR_REASON_UPDATES_UNAVAILABLE"
	ReasonResumeTokenInvalid          Reason = "ERROR_REASON_RESUME_TOKEN_INVALID"
	ReasonResumeTokenForeign          Reason = "ERROR_REASON_RESUME_TOKEN_FOREIGN"
	ReasonSlowConsumer                Reason = "ERROR_REASON_SLOW_CONSUMER"
	ReasonStreamMaxAge                Reason = "ERROR_REASON_STREAM_MAX_AGE"
	ReasonShuttingDown                Reason = "ERROR_REASON_SHUTTING_DOWN"
	ReasonTooManyStreams              Reason = "ERROR_REASON_TOO_MANY_STREAMS"
	ReasonIdempotencyKeyReused        Reason = "ERROR_REASON_IDEMPOTENCY_KEY_REUSED"
	ReasonIdempotencyOutcomeUnknown   Reason = "ERROR_REASON_IDEMPOTENCY_OUTCOME_UNKNOWN"
	ReasonIdempotencyStoreUnavailable Reason = "ERROR_REASON_IDEMPOTENCY_STORE_UNAVAILABLE"
	ReasonInternal                    Reason = "ERROR_REASON_INTERNAL"
	ReasonRateLimited                 Reason = "ERROR_REASON_RATE_LIMITED"
	ReasonOverloaded                  Reason = "ERROR_REASON_OVERLOADED"
	ReasonMetadataTooLarge            Reason = "ERROR_REASON_METADATA_TOO_LARGE"
	ReasonMethodUnknown               Reason = "ERROR_REASON_METHOD_UNKNOWN"
	ReasonCompressionUnsupported      Reason = "ERROR_REASON_COMPRESSION_UNSUPPORTED"
	ReasonMemberInOtherCase           Reason = "ERROR_REASON_MEMBER_IN_OTHER_CASE"
	ReasonMessageCountInvalid         Reason = "ERROR_REASON_MESSAGE_COUNT_INVALID"
	ReasonMessageFramingInvalid       Reason = "ERROR_REASON_MESSAGE_FRAMING_INVALID"
	ReasonPageTokenInvalid            Reason = "ERROR_REASON_PAGE_TOKEN_INVALID"
	ReasonNotTheSender                Reason = "ERROR_REASON_NOT_THE_SENDER"
	ReasonMessageDeleted              Reason = "ERROR_REASON_MESSAGE_DELETED"
	ReasonMemberNotFound              Reason = "ERROR_REASON_MEMBER_NOT_FOUND"
	ReasonLastMember                  Reason = "ERROR_REASON_LAST_MEMBER"
	ReasonPackNotFound                Reason = "ERROR_REASON_PACK_NOT_FOUND"
	ReasonPlatformTooOld              Reason = "ERROR_REASON_PLATFORM_TOO_OLD"
	ReasonUserExists                  Reason = "ERROR_REASON_USER_EXISTS"
	ReasonDialogNotFound              Reason = "ERROR_REASON_DIALOG_NOT_FOUND"
	ReasonMetaIndexConflict           Reason = "ERROR_REASON_META_INDEX_CONFLICT"
	ReasonNoMembers                   Reason = "ERROR_REASON_NO_MEMBERS"
	ReasonMetaIndexNotFound           Reason = "ERROR_REASON_META_INDEX_NOT_FOUND"
	ReasonMetaIndexRefused            Reason = "ERROR_REASON_META_INDEX_REFUSED"
	ReasonServiceKeyNotAllowed        Reason = "ERROR_REASON_SERVICE_KEY_NOT_ALLOWED"
	ReasonUpdatesLogUnavailable       Reason = "ERROR_REASON_UPDATES_LOG_UNAVAILABLE"
	ReasonTokenInvalid                Reason = "ERROR_REASON_TOKEN_INVALID"
	ReasonTokenExpired                Reason = "ERROR_REASON_TOKEN_EXPIRED"
	ReasonTokenNotYetValid            Reason = "ERROR_REASON_TOKEN_NOT_YET_VALID"
	ReasonTokenKeyUnknown             Reason = "ERROR_REASON_TOKEN_KEY_UNKNOWN"
	ReasonTokenNotAccepted            Reason = "ERROR_REASON_TOKEN_NOT_ACCEPTED"
	ReasonTokensNotConfigured         Reason = "ERROR_REASON_TOKENS_NOT_CONFIGURED"
	ReasonTokenRevoked                Reason = "ERROR_REASON_TOKEN_REVOKED"
)

// reasonCodes has the status code that each reason comes with.
var reasonCodes = map[Reason]codes.Code{
	ReasonInvalidField:                codes.InvalidArgument,
	ReasonInvalidMetadata:             codes.InvalidArgument,
	ReasonAPIKeyMissing:               codes.Unauthenticated,
	ReasonAPIKeyInvalid:               codes.Unauthenticated,
	ReasonPermissionMissing:           codes.PermissionDenied,
	ReasonNotAMember:                  codes.PermissionDenied,
	ReasonTenantNotFound:              codes.NotFound,
	ReasonUserNotFound:                codes.NotFound,
	ReasonMessageNotFound:             codes.NotFound,
	ReasonTopicNotFound:               codes.NotFound,
	ReasonRequestTooLarge:             codes.InvalidArgument,
	ReasonUpstreamUnavailable:         codes.Unavailable,
	ReasonUpstreamInvalidResponse:     codes.Internal,
	ReasonUpstreamRejected:            codes.FailedPrecondition,
	ReasonDeadlineExceeded:            codes.DeadlineExceeded,
	ReasonUpdatesUnavailable:          codes.Unavailable,
	ReasonResumeTokenInvalid:          codes.InvalidArgument,
	ReasonResumeTokenForeign:          codes.PermissionDenied,
	ReasonSlowConsumer:                codes.ResourceExhausted,
	ReasonStreamMaxAge:                codes.Unavailable,
	ReasonShuttingDown:                codes.Unavailable,
	ReasonTooManyStreams:              codes.ResourceExhausted,
	ReasonIdempotencyKeyReused:        codes.FailedPrecondition,
	ReasonIdempotencyOutcomeUnknown:   codes.Unavailable,
	ReasonIdempotencyStoreUnavailable: codes.Unavailable,
	ReasonInternal:                    codes.Internal,
	ReasonRateLimited:                 codes.ResourceExhausted,
	ReasonOverloaded:                  codes.Unavailable,
	ReasonMetadataTooLarge:            codes.InvalidArgument,
	ReasonMethodUnknown:               codes.Unimplemented,
	ReasonCompressionUnsupported:      codes.Unimplemented,
	ReasonMemberInOtherCase:           codes.PermissionDenied,
	ReasonMessageCountInvalid:         codes.Unimplemented,
	ReasonMessageFramingInvalid:       codes.Internal,
	ReasonPageTokenInvalid:            codes.InvalidArgument,
	ReasonNotTheSender:                codes.PermissionDenied,
	ReasonMessageDeleted:              codes.FailedPrecondition,
	ReasonMemberNotFound:              codes.NotFound,
	ReasonLastMember:                  codes.FailedPrecondition,
	ReasonPackNotFound:                codes.NotFound,
	ReasonPlatformTooOld:              codes.Unimplemented,
	ReasonUserExists:                  codes.AlreadyExists,
	ReasonDialogNotFound:              codes.NotFound,
	ReasonMetaIndexConflict:           codes.FailedPrecondition,
	ReasonNoMembers:                   codes.FailedPrecondition,
	ReasonMetaIndexNotFound:           codes.NotFound,
	ReasonMetaIndexRefused:            codes.FailedPrecondition,
	ReasonServiceKeyNotAllowed:        codes.FailedPrecondition,
	ReasonUpdatesLogUnavailable:       codes.Unavailable,
	ReasonTokenInvalid:                codes.Unauthenticated,
	ReasonTokenExpired:                codes.Unauthenticated,
	ReasonTokenNotYetValid:            codes.Unauthenticated,
	ReasonTokenKeyUnknown:             codes.Unauthenticated,
	ReasonTokenNotAccepted:            codes.PermissionDenied,
	ReasonTokensNotConfigured:         codes.FailedPrecondition,
	ReasonTokenRevoked:                codes.Unauthenticated,
}

// Code returns the status code that the reason comes with; codes.Unknown for a reason that this
// version of the library does not know.
func (r Reason) Code() codes.Code {
	if code, ok := reasonCodes[r]; ok {
		return code
	}
	return codes.Unknown
}
