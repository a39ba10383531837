package chat3

import (
	"errors"
	"time"

	"google.golang.org/grpc/codes"
)

// lifeline decides what follows the failure of a stream: another stream after a delay, or the end.
type lifeline struct {
	identity identity
	waits    backoff
	opened   bool // whether a stream was ever open
	renewals int  // of user tokens, since something was heard
	failures int  // of streams, since something was heard
}

// final is a failure that ends the loop: of the application's store of resume tokens, or a request
// that the service refuses each time.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// heard makes the next failure a first one.
func (l *lifeline) heard() {
	l.opened, l.renewals, l.failures = true, 0, 0
	l.waits.reset()
}

// disconnected counts a failure after which another stream is opened.
func (l *lifeline) disconnected(err error, delay time.Duration) Disconnected {
	l.failures++
	return Disconnected{err, delay, l.failures}
}

// after says how long to wait after a failure, and whether a stream is opened again at all.
func (l *lifeline) after(err error) (time.Duration, bool) {
	var ends final
	if errors.As(err, &ends) {
		return 0, false
	}
	var failure *Error
	if !errors.As(err, &failure) {
		// The application's source has no user token now.
		return l.waits.next(0), !errors.Is(err, ErrUnauthenticated)
	}
	if tokenReasons[failure.Reason] {
		l.renewals++
		return l.waits.next(0), l.renewals == 1 && l.identity.renews()
	}
	return l.waits.next(failure.RetryDelay), l.passes(failure)
}

// passes reports whether a later stream can be better than the one that failed.
func (l *lifeline) passes(failure *Error) bool {
	if failure.retrying || l.opened && failure.Reason == "" {
		return true
	}
	if !l.opened && failure.misconfigured() {
		return false
	}
	switch failure.Code {
	case codes.Unauthenticated, codes.PermissionDenied, codes.NotFound, codes.InvalidArgument,
		codes.Unimplemented, codes.FailedPrecondition:
		return false
	case codes.ResourceExhausted:
		// Too many streams: one of them may be the stream that was just lost.
		return l.opened || failure.Reason == ""
	}
	return true
}
