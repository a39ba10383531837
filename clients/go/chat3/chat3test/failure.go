package chat3test

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/chat3/user-service/clients/go/chat3"
)

// Failure is an error as the service sends it: with the status code of the reason, an ErrorInfo and
// a RequestInfo.
func Failure(reason chat3.Reason) error { return failure(reason) }

// RetryAfter is a Failure with a RetryInfo: the same call may be repeated after the delay.
func RetryAfter(reason chat3.Reason, delay time.Duration) error {
	return failure(reason, &errdetails.RetryInfo{RetryDelay: durationpb.New(delay)})
}

// InvalidField is a Failure for a field of the request that breaks a rule.
func InvalidField(field, description string) error {
	return failure(chat3.ReasonInvalidField, &errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: description}},
	})
}

// Cut is an error without a reason, as a connection that was cut or a proxy that was restarted gives.
func Cut() error { return status.Error(codes.Unavailable, "the connection was cut") }

func failure(reason chat3.Reason, details ...protoadapt.MessageV1) error {
	made, err := status.New(reason.Code(), string(reason)).WithDetails(append(details,
		&errdetails.ErrorInfo{Reason: string(reason), Domain: "chat3.user"},
		&errdetails.RequestInfo{RequestId: "request-of-a-test"})...)
	if err != nil {
		panic(err)
	}
	return made.Err()
}
