package chat3

import (
	"time"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// Event is one thing that happens on a stream of updates: a [Connected], an [Update], a [Gap], a
// [StateChanged] or a [Disconnected]. More types may be added: ignore what you do not know.
type Event interface{ event() }

// Connected says that a stream is open: every update that is published from now on will arrive.
type Connected struct {
	// ConnectionID names the stream in the service's logs.
	ConnectionID string
	// Outcome says whether the stream goes on where the last one ended.
	Outcome userv1.ResumeOutcome
	// Heartbeat is the longest silence on this stream.
	Heartbeat time.Duration
	// Refused is why the resume token was refused; nil when it was not. The stream then begins now,
	// and everything that the application shows has to be read again.
	Refused *Error
	// ResumeToken is the position where the stream begins, as that of an [Update].
	ResumeToken string
}

// Update is something that changed. Its type switch is that of the generated update:
//
//	switch payload := update.GetPayload().(type) {
//	case *userv1.Update_MessageCreated: …
type Update struct {
	*userv1.Update
	// ResumeToken is the position after this update, for applications that store it together with
	// what they made of the update.
	ResumeToken string
}

// Gap says that updates may be missing here, and what to read again.
type Gap struct {
	*userv1.Gap
	// ResumeToken is the position after the gap, as that of an [Update].
	ResumeToken string
}

// StateChanged says that the service has lost its broker (STREAM_STATE_DEGRADED) or has it back
// (STREAM_STATE_LIVE). Nothing is lost: what is published meanwhile follows, or a gap tells.
type StateChanged struct{ State userv1.StreamState }

// Disconnected says that the stream was lost, or could not be opened, and that another will be opened
// after RetryIn. It is no failure: streams end when a server is stopped, when they are old, and with each
// cut connection.
type Disconnected struct {
	Err     error
	RetryIn time.Duration
	// Failures is how many streams in a row have failed on which nothing came, or 1 after a stream on which
	// something had come. An application that wants to give up leaves the loop when there are too many.
	Failures int
}

func (Connected) event()    {}
func (Update) event()       {}
func (Gap) event()          {}
func (StateChanged) event() {}
func (Disconnected) event() {}
