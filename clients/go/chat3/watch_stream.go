package chat3

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// largestBatch is how many users a request names at most: their tokens must fit into 512 KiB.
const largestBatch = 200

// watchStream is one stream of WatchUpdates. One request at a time is on its way.
type watchStream struct {
	*watchRun
	grpc grpc.BidiStreamingClient[tenantv1.WatchUpdatesRequest, tenantv1.WatchUpdatesResponse]

	responses chan watchResponse
	reading   sync.WaitGroup
	patience  time.Duration
	watchdog  *time.Timer

	watched map[string]bool
	stale   bool // whether others may be wanted than are watched
	batches int
	beating bool                          // whether the service keeps the heartbeat that is wanted
	asked   *tenantv1.WatchUpdatesRequest // what has no answer yet
	later   <-chan time.Time              // when a refused request may be sent again
}

type watchResponse struct {
	*tenantv1.WatchUpdatesResponse
	err error
}

func openWatchStream(ctx context.Context, own *conn, r *watchRun) (*watchStream, error) {
	opened, err := tenantv1.NewTenantServiceClient(own).WatchUpdates(ctx)
	if err != nil {
		return nil, err
	}
	s := &watchStream{
		watchRun: r, grpc: opened, responses: make(chan watchResponse),
		patience: patienceToOpen, watchdog: time.NewTimer(patienceToOpen), watched: map[string]bool{}, stale: true,
	}
	s.reading.Go(func() {
		for {
			heard, err := opened.Recv()
			select {
			case s.responses <- watchResponse{heard, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	return s, nil
}

// next waits for a response, or returns nil when there may be something to ask for.
func (s *watchStream) next(ctx context.Context) (*tenantv1.WatchUpdatesResponse, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.changed:
		s.stale = true
		return nil, nil
	case <-s.later:
		s.later = nil
		return nil, nil
	case heard := <-s.responses:
		return heard.told()
	case <-s.watchdog.C:
	}
	// What arrived while tokens were loaded was heard.
	select {
	case heard := <-s.responses:
		return heard.told()
	default:
		return nil, lost("nothing was heard for too long")
	}
}

func (r watchResponse) told() (*tenantv1.WatchUpdatesResponse, error) {
	if r.err == io.EOF {
		return nil, lost("the stream ended without a word")
	}
	return r.WatchUpdatesResponse, r.err
}

// ask sends the next change of the watched users, unless one is on its way. An error of sending is
// told by the next response.
func (s *watchStream) ask(ctx context.Context) error {
	if !s.stale || s.asked != nil || s.later != nil {
		return nil
	}
	request := &tenantv1.WatchUpdatesRequest{}
	if !s.beating {
		request.HeartbeatInterval = interval(s.opts.Heartbeat)
	}
	wanted := s.Users()
	for userID := range s.watched {
		if _, found := slices.BinarySearch(wanted, userID); !found && len(request.Unwatch) < largestBatch {
			request.Unwatch = append(request.Unwatch, userID)
		}
	}
	for _, userID := range wanted {
		if s.watched[userID] || len(request.Watch) == largestBatch {
			continue
		}
		user, err := s.userToWatch(ctx, userID)
		if err != nil {
			return err
		}
		request.Watch = append(request.Watch, user)
	}
	if len(request.Watch)+len(request.Unwatch) == 0 {
		s.stale = false
		return nil
	}
	s.batches++
	request.BatchId = fmt.Sprint(s.batches)
	s.asked = request
	return s.grpc.Send(request)
}

// userToWatch is a user with the stored token. One that is damaged is like one that was refused.
func (s *watchStream) userToWatch(ctx context.Context, userID string) (*tenantv1.UserToWatch, error) {
	user := &tenantv1.UserToWatch{UserId: userID}
	if s.fresh[userID] {
		return user, nil
	}
	token, err := s.opts.Store.Load(ctx, userID)
	if err != nil {
		return nil, final{err}
	}
	if token != "" && !visible(token) {
		s.refused[userID], s.fresh[userID] = damaged(), true
		return user, nil
	}
	user.ResumeToken = token
	return user, nil
}

func (s *watchStream) handle(ctx context.Context, heard *tenantv1.WatchUpdatesResponse) error {
	userID, token := heard.GetUserId(), heard.GetResumeToken()
	switch event := heard.GetEvent().(type) {
	case *tenantv1.WatchUpdatesResponse_ConnectionEstablished:
		s.patience = 2 * heartbeatOf(event.ConnectionEstablished)
		s.state = userv1.StreamState_STREAM_STATE_LIVE
		s.hand("", Opened{event.ConnectionEstablished.GetConnectionId()})
	case *tenantv1.WatchUpdatesResponse_Acknowledged:
		return s.acknowledged(ctx, event.Acknowledged)
	case *tenantv1.WatchUpdatesResponse_Refused:
		return s.notApplied(event.Refused)
	case *tenantv1.WatchUpdatesResponse_Dropped:
		delete(s.watched, userID)
		s.stale = true
		if event.Dropped.GetReason() != userv1.ErrorReason_ERROR_REASON_SLOW_CONSUMER {
			s.drop(userID, refusal(event.Dropped.GetReason(), "the user is watched no longer"))
		}
	case *tenantv1.WatchUpdatesResponse_Update:
		if !s.seen.has(event.Update) {
			s.hand(userID, Update{event.Update, token})
		}
		s.seen.add(event.Update)
	case *tenantv1.WatchUpdatesResponse_Gap:
		s.hand(userID, Gap{event.Gap, token})
	case *tenantv1.WatchUpdatesResponse_Heartbeat:
		state := event.Heartbeat.GetState()
		if state != userv1.StreamState_STREAM_STATE_UNSPECIFIED && state != s.state {
			s.state = state
			s.hand("", StateChanged{state})
		}
	}
	if userID == "" {
		return nil
	}
	return s.keep(ctx, userID, token)
}

// acknowledged takes that a request was applied.
func (s *watchStream) acknowledged(ctx context.Context, told *tenantv1.WatchAcknowledged) error {
	for _, userID := range s.asked.GetUnwatch() {
		delete(s.watched, userID)
	}
	if wanted := s.asked.GetHeartbeatInterval(); wanted != nil {
		s.beating, s.patience = true, 2*wanted.AsDuration()
	}
	s.asked = nil
	for _, user := range told.GetWatched() {
		s.watched[user.GetUserId()] = true
		s.hand(user.GetUserId(), Connected{
			Outcome: user.GetResumeOutcome(), Heartbeat: s.patience / 2, Refused: s.refused[user.GetUserId()],
			ResumeToken: user.GetResumeToken(),
		})
		if s.left {
			return nil
		}
		delete(s.refused, user.GetUserId())
		if err := s.keep(ctx, user.GetUserId(), user.GetResumeToken()); err != nil {
			return err
		}
	}
	return nil
}

// notApplied takes that a request was refused as a whole: what was wrong with it is left out of the next.
func (s *watchStream) notApplied(told *tenantv1.WatchRefused) error {
	asked := s.asked
	s.asked = nil
	failure := refusal(told.GetReason(), told.GetMessage())
	for _, broken := range told.GetBrokenRules() {
		failure.Fields = append(failure.Fields, FieldViolation{broken.GetField(), broken.GetRule()})
	}
	users := culprits(told, asked)
	switch {
	case told.GetRetryDelay() != nil:
		s.later = time.After((&backoff{}).next(told.GetRetryDelay().AsDuration()))
	case failure.Reason == ReasonTooManyStreams:
		// There is no place for these users; those that are watched stay.
		for _, user := range asked.GetWatch() {
			s.drop(user.GetUserId(), failure)
		}
	case len(users) == 0:
		return final{failure}
	case failure.Reason == ReasonResumeTokenInvalid || failure.Reason == ReasonResumeTokenForeign:
		for _, userID := range users {
			if s.fresh[userID] {
				return final{failure}
			}
			s.refused[userID], s.fresh[userID] = failure, true
		}
	default:
		for _, userID := range users {
			s.drop(userID, failure)
		}
	}
	return nil
}

// culprits are the users for whom a request was refused.
func culprits(told *tenantv1.WatchRefused, asked *tenantv1.WatchUpdatesRequest) []string {
	if told.GetUserId() != "" {
		return []string{told.GetUserId()}
	}
	var users []string
	for index, user := range asked.GetWatch() {
		for _, broken := range told.GetBrokenRules() {
			if strings.HasPrefix(broken.GetField(), fmt.Sprintf("watch[%d]", index)) {
				users = append(users, user.GetUserId())
				break
			}
		}
	}
	return users
}

// damaged is the refusal of a stored token that no service ever made.
func damaged() *Error {
	return refusal(userv1.ErrorReason_ERROR_REASON_RESUME_TOKEN_INVALID, "the stored resume token is damaged")
}

// refusal is an error that a stream tells within, without a status of its own.
func refusal(told userv1.ErrorReason, message string) *Error {
	reason := Reason(told.String())
	return &Error{
		Code: reason.Code(), Reason: reason, Message: message, status: status.New(reason.Code(), message),
	}
}
