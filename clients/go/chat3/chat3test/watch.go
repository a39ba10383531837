package chat3test

import (
	"cmp"
	"errors"
	"io"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chat3/user-service/clients/go/chat3"
	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// watchRequest is the name of what travels on a stream of WatchUpdates, for Fail and Requests.
const watchRequest = "WatchUpdatesRequest"

// WatchUpdates streams the updates of many users.
func (t *tenantServer) WatchUpdates(
	stream grpc.BidiStreamingServer[tenantv1.WatchUpdatesRequest, tenantv1.WatchUpdatesResponse],
) error {
	w := &watching{Server: t.server, stream: stream, users: map[string]bool{}}
	requests := make(chan received)
	go func() {
		for {
			request, err := stream.Recv()
			select {
			case requests <- received{request, err}:
			case <-stream.Context().Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return w.run(requests)
}

type received struct {
	request *tenantv1.WatchUpdatesRequest
	err     error
}

// watching is one stream that watches users.
type watching struct {
	*Server
	stream   grpc.BidiStreamingServer[tenantv1.WatchUpdatesRequest, tenantv1.WatchUpdatesResponse]
	users    map[string]bool
	position int // in the log, for all users
}

// news is what happened since a stream looked last.
type news struct {
	updates []*userv1.Update
	from    int // the position of the first of them
	dropped []string
	changed chan struct{}
	muted   bool
	ended   bool
	broken  error
}

// look returns what happened, and takes it as told.
func (w *watching) look(generation int) news {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	found := news{
		updates: w.log[w.position:], from: w.position, changed: w.changed,
		muted: generation < w.muted, broken: w.broken,
	}
	found.ended = generation != w.generation && !found.muted
	w.position = len(w.log)
	for user := range w.users {
		if w.removed[user] {
			found.dropped = append(found.dropped, user)
			delete(w.users, user)
		}
	}
	return found
}

func (w *watching) run(requests <-chan received) error {
	w.mutex.Lock()
	w.position = len(w.log)
	generation, interval := w.generation, cmp.Or(w.heartbeat, 30*time.Second)
	connection := w.newID("connection-")
	w.streams++
	w.mutex.Unlock()
	defer func() {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		w.streams--
	}()
	err := w.stream.Send(&tenantv1.WatchUpdatesResponse{
		Event: &tenantv1.WatchUpdatesResponse_ConnectionEstablished{
			ConnectionEstablished: &userv1.ConnectionEstablished{
				ConnectionId: connection, HeartbeatInterval: durationpb.New(interval),
			},
		},
	})
	if err != nil {
		return err
	}
	beat := time.NewTicker(interval)
	defer beat.Stop()
	for {
		found := w.look(generation)
		if found.ended {
			return found.broken
		}
		if err := w.tellNews(found); err != nil {
			return err
		}
		select {
		case <-w.stream.Context().Done():
			return w.stream.Context().Err()
		case <-found.changed:
		case <-beat.C:
			if found.muted {
				continue
			}
			err = w.stream.Send(&tenantv1.WatchUpdatesResponse{
				Event: &tenantv1.WatchUpdatesResponse_Heartbeat{Heartbeat: &userv1.Heartbeat{
					SendTime: timestamppb.Now(), State: userv1.StreamState_STREAM_STATE_LIVE,
				}},
			})
		case asked := <-requests:
			switch {
			case errors.Is(asked.err, io.EOF):
				requests = nil
			case asked.err != nil:
				return asked.err
			case !found.muted:
				if wanted := asked.request.GetHeartbeatInterval().AsDuration(); wanted > 0 && w.heartbeat == 0 {
					beat.Reset(wanted)
				}
				err = w.answer(asked.request)
			}
		}
		if err != nil {
			return err
		}
	}
}

// about sends a response about a user, with the user's token.
func (w *watching) about(user string, position int, response *tenantv1.WatchUpdatesResponse) error {
	response.UserId, response.ResumeToken = user, tokenAt(user, position)
	return w.stream.Send(response)
}

func updated(update *userv1.Update) *tenantv1.WatchUpdatesResponse {
	return &tenantv1.WatchUpdatesResponse{Event: &tenantv1.WatchUpdatesResponse_Update{Update: update}}
}

func (w *watching) tellNews(found news) error {
	if found.muted {
		return nil
	}
	for index, update := range found.updates {
		if !w.users[update.GetUserId()] {
			continue
		}
		err := w.about(update.GetUserId(), found.from+index+1, updated(update))
		if err != nil {
			return err
		}
	}
	for _, user := range found.dropped {
		err := w.about(user, found.from+len(found.updates), &tenantv1.WatchUpdatesResponse{
			Event: &tenantv1.WatchUpdatesResponse_Dropped{Dropped: &tenantv1.UserDropped{
				Reason: userv1.ErrorReason_ERROR_REASON_USER_NOT_FOUND,
			}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// begun is a user that is to be watched, and where.
type begun struct {
	user     string
	position int
	outcome  userv1.ResumeOutcome
}

// answer applies a request as a whole, or refuses it.
func (w *watching) answer(request *tenantv1.WatchUpdatesRequest) error {
	_, failure := w.called(w.stream.Context(), watchRequest, request)
	if failure != nil {
		return w.refuse(request, failure, "")
	}
	var watched []begun
	for _, each := range request.GetWatch() {
		user := strings.ToLower(each.GetUserId())
		next, err := w.start(user, each.GetResumeToken())
		if err != nil {
			return w.refuse(request, err, user)
		}
		watched = append(watched, next)
	}
	for _, user := range request.GetUnwatch() {
		delete(w.users, strings.ToLower(user))
	}
	told := &tenantv1.WatchAcknowledged{BatchId: request.GetBatchId()}
	for _, each := range watched {
		w.users[each.user] = true
		told.Watched = append(told.Watched, &tenantv1.UserWatched{
			UserId: each.user, ResumeOutcome: each.outcome, ResumeToken: tokenAt(each.user, each.position),
		})
	}
	err := w.stream.Send(&tenantv1.WatchUpdatesResponse{
		Event: &tenantv1.WatchUpdatesResponse_Acknowledged{Acknowledged: told},
	})
	if err != nil {
		return err
	}
	for _, each := range watched {
		if err := w.replay(each); err != nil {
			return err
		}
	}
	return nil
}

func (w *watching) start(user, token string) (begun, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.removed[user] {
		return begun{}, Failure(chat3.ReasonUserNotFound)
	}
	position, outcome, err := w.begin(user, token)
	if token == "" || outcome == userv1.ResumeOutcome_RESUME_OUTCOME_RESUMED_WITH_GAP {
		position = w.position // what is newer is told to all
	}
	return begun{user, position, outcome}, err
}

// replay tells what a user has missed.
func (w *watching) replay(each begun) error {
	if each.outcome == userv1.ResumeOutcome_RESUME_OUTCOME_RESUMED_WITH_GAP {
		err := w.about(each.user, each.position, &tenantv1.WatchUpdatesResponse{
			Event: &tenantv1.WatchUpdatesResponse_Gap{Gap: &userv1.Gap{
				Reason: userv1.GapReason_GAP_REASON_EXPIRED, Reload: reloadAll,
			}},
		})
		if err != nil {
			return err
		}
	}
	w.mutex.Lock()
	missed := w.log[min(each.position, w.position):w.position]
	w.mutex.Unlock()
	for index, update := range missed {
		if update.GetUserId() != each.user {
			continue
		}
		err := w.about(each.user, each.position+index+1, updated(update))
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *watching) refuse(request *tenantv1.WatchUpdatesRequest, failure error, user string) error {
	refused := &tenantv1.WatchRefused{
		BatchId: request.GetBatchId(), UserId: user, Message: status.Convert(failure).Message(),
	}
	for _, detail := range status.Convert(failure).Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			refused.Reason = userv1.ErrorReason(userv1.ErrorReason_value[detail.GetReason()])
		case *errdetails.RetryInfo:
			refused.RetryDelay = detail.GetRetryDelay()
		case *errdetails.BadRequest:
			for _, each := range detail.GetFieldViolations() {
				refused.BrokenRules = append(refused.BrokenRules,
					&tenantv1.BrokenRule{Field: each.GetField(), Rule: each.GetDescription()})
			}
		}
	}
	return w.stream.Send(&tenantv1.WatchUpdatesResponse{
		Event: &tenantv1.WatchUpdatesResponse_Refused{Refused: refused},
	})
}
