package chat3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Error is a failed call. Find it with errors.As, or ask errors.Is for a [Reason] or a [Kind].
type Error struct {
	// Code is the gRPC status code.
	Code codes.Code
	// Reason says exactly why; empty when the failure is not the service's own but that of a network
	// or a proxy on the way.
	Reason Reason
	// Message is a text for people, which may change.
	Message string
	// Fields are the fields of the request that break a rule.
	Fields []FieldViolation
	// RetryDelay is the delay that the service asks for before the same call is repeated; 0 when it
	// asks for none.
	RetryDelay time.Duration
	// RequestID names the call in the service's logs.
	RequestID string
	// Metadata has what belongs to the reason, such as dialog_id.
	Metadata map[string]string
	// Trailer is the trailing metadata of the last attempt.
	Trailer metadata.MD
	// Attempts is the number of times that the call was made.
	Attempts int

	status   *status.Status
	retrying bool
	ended    error // of the context, when that ended before the next attempt
}

// FieldViolation is a field of a request that breaks a rule.
type FieldViolation struct {
	// Field is the field's path, such as member_ids[2].
	Field string
	// Description says the rule.
	Description string
}

// Error returns the code or the reason, the text, the fields and the request id.
func (e *Error) Error() string {
	var text strings.Builder
	if e.Reason != "" {
		text.WriteString(string(e.Reason))
	} else {
		text.WriteString(e.Code.String())
	}
	text.WriteString(": " + e.Message)
	for _, violation := range e.Fields {
		fmt.Fprintf(&text, "; %s: %s", violation.Field, violation.Description)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&text, " (request %s)", e.RequestID)
	}
	return text.String()
}

// GRPCStatus returns the status as it was received, with all details: status.Code and
// status.Convert work as with any gRPC error.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// Unwrap returns the error of the call's context when that ended before the call was repeated.
func (e *Error) Unwrap() error { return e.ended }

// Is reports whether target is the reason or the kind of the failure, or the error of a context that
// has ended.
func (e *Error) Is(target error) bool {
	switch target := target.(type) {
	case Reason:
		return target != "" && target == e.Reason
	case Kind:
		return codes.Code(target) == e.Code
	}
	return target == context.Canceled && e.Code == codes.Canceled ||
		target == context.DeadlineExceeded && e.Code == codes.DeadlineExceeded
}

// Temporary reports whether the same call can succeed later. A mutation may be repeated only with
// its idempotency key; the library does that by itself.
func (e *Error) Temporary() bool {
	if e.retrying || e.Code == codes.Unavailable || e.Code == codes.DeadlineExceeded {
		return true
	}
	// The service gives every failure of its own a reason. One without comes of the way to it: a
	// connection that was cut, a proxy that was restarted.
	return e.Reason == "" && (e.Code == codes.Unknown || e.Code == codes.Internal)
}

// misconfigured reports whether the client speaks TLS to a port without it, or does not trust the
// certificate there. gRPC says so in its message only.
func (e *Error) misconfigured() bool {
	return e.Reason == "" && (strings.Contains(e.Message, "first record does not look like a TLS handshake") ||
		strings.Contains(e.Message, "tls: failed to verify certificate"))
}

// Kind is a group of reasons: all those with one status code. errors.Is finds it.
type Kind codes.Code

// The kinds of failures.
const (
	ErrInvalid            = Kind(codes.InvalidArgument)
	ErrUnauthenticated    = Kind(codes.Unauthenticated)
	ErrPermissionDenied   = Kind(codes.PermissionDenied)
	ErrNotFound           = Kind(codes.NotFound)
	ErrAlreadyExists      = Kind(codes.AlreadyExists)
	ErrFailedPrecondition = Kind(codes.FailedPrecondition)
	ErrResourceExhausted  = Kind(codes.ResourceExhausted)
	ErrUnavailable        = Kind(codes.Unavailable)
	ErrDeadlineExceeded   = Kind(codes.DeadlineExceeded)
	ErrUnimplemented      = Kind(codes.Unimplemented)
	ErrInternal           = Kind(codes.Internal)
)

// Error returns the name of the status code.
func (k Kind) Error() string { return codes.Code(k).String() }

// tokenReasons say that the user token was refused, and that a new one may help.
var tokenReasons = map[Reason]bool{
	ReasonTokenExpired:     true,
	ReasonTokenRevoked:     true,
	ReasonTokenKeyUnknown:  true,
	ReasonTokenInvalid:     true,
	ReasonTokenNotYetValid: true,
}

// failureOf makes an Error of what a call returned. An error that is no status stays as it is.
func failureOf(err error, trailer metadata.MD) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	told, ok := status.FromError(err)
	if !ok {
		return err
	}
	failure := &Error{Code: told.Code(), Message: told.Message(), Trailer: trailer, status: told}
	if ids := trailer.Get("x-request-id"); len(ids) > 0 {
		failure.RequestID = ids[0]
	}
	for _, detail := range told.Details() {
		failure.take(detail)
	}
	return failure
}

func (e *Error) take(detail any) {
	switch detail := detail.(type) {
	case *errdetails.ErrorInfo:
		e.Reason, e.Metadata = Reason(detail.GetReason()), detail.GetMetadata()
	case *errdetails.BadRequest:
		for _, violation := range detail.GetFieldViolations() {
			e.Fields = append(e.Fields,
				FieldViolation{violation.GetField(), violation.GetDescription()})
		}
	case *errdetails.RetryInfo:
		e.retrying, e.RetryDelay = true, detail.GetRetryDelay().AsDuration()
	case *errdetails.RequestInfo:
		e.RequestID = detail.GetRequestId()
	}
}

// lost is the failure of a stream that was cut without a word.
func lost(message string) *Error {
	return &Error{
		Code:    codes.Unavailable,
		Message: message,
		status:  status.New(codes.Unavailable, message),
	}
}
