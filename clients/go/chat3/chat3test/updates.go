package chat3test

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chat3/user-service/clients/go/chat3"
	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

const typingLife = 5 * time.Second

var reloadAll = []userv1.ReloadTarget{
	userv1.ReloadTarget_RELOAD_TARGET_DIALOGS, userv1.ReloadTarget_RELOAD_TARGET_MESSAGES,
}

// Publish sends an update to the streams of its user, and to those that resume later. An update
// without an id gets one.
func (s *Server) Publish(updates ...*userv1.Update) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, update := range updates {
		if update.UpdateId == "" {
			update.UpdateId = s.newID("upd_")
		}
		s.publish(update)
	}
}

func (s *Server) publish(update *userv1.Update) {
	s.log = append(s.log, update)
	s.tell()
}

// tell wakes the open streams.
func (s *Server) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Break ends all open streams with a failure.
func (s *Server) Break(failure error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.broken = failure
	s.generation++
	s.tell()
}

// Mute lets the streams that are open send nothing more, as when a connection is dead without a word.
func (s *Server) Mute() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.muted = s.generation + 1
	s.generation++
	s.broken = nil
	s.tell()
}

// ForgetLog loses what was published: who resumes from before it gets a gap.
func (s *Server) ForgetLog() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.forgotten = len(s.log)
}

// SetHeartbeat sets the heartbeat interval of streams, which is otherwise what they ask for.
func (s *Server) SetHeartbeat(interval time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.heartbeat = interval
}

// Streams returns the number of streams that are open.
func (s *Server) Streams() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.streams
}

// SubscribeUpdates streams the caller's updates.
func (s *Server) SubscribeUpdates(
	request *userv1.SubscribeUpdatesRequest,
	stream grpc.ServerStreamingServer[userv1.SubscribeUpdatesResponse],
) error {
	return s.follow(stream.Context(), request, userOf(stream.Context()),
		func(said said) error {
			response := &userv1.SubscribeUpdatesResponse{ResumeToken: said.token}
			switch {
			case said.established != nil:
				response.Event = &userv1.SubscribeUpdatesResponse_ConnectionEstablished{
					ConnectionEstablished: said.established}
			case said.gap != nil:
				response.Event = &userv1.SubscribeUpdatesResponse_Gap{Gap: said.gap}
			case said.update != nil:
				response.Event = &userv1.SubscribeUpdatesResponse_Update{Update: said.update}
			default:
				response.Event = &userv1.SubscribeUpdatesResponse_Heartbeat{Heartbeat: said.heartbeat}
			}
			return stream.Send(response)
		})
}

type tenantServer struct {
	tenantv1.UnimplementedTenantServiceServer
	server *Server
}

// SubscribeTenantUpdates streams the updates of all users.
func (t *tenantServer) SubscribeTenantUpdates(
	request *tenantv1.SubscribeTenantUpdatesRequest,
	stream grpc.ServerStreamingServer[tenantv1.SubscribeTenantUpdatesResponse],
) error {
	return t.server.follow(stream.Context(), request, "",
		func(said said) error {
			response := &tenantv1.SubscribeTenantUpdatesResponse{ResumeToken: said.token}
			switch {
			case said.established != nil:
				response.Event = &tenantv1.SubscribeTenantUpdatesResponse_ConnectionEstablished{
					ConnectionEstablished: said.established}
			case said.gap != nil:
				response.Event = &tenantv1.SubscribeTenantUpdatesResponse_Gap{Gap: said.gap}
			case said.update != nil:
				response.Event = &tenantv1.SubscribeTenantUpdatesResponse_Update{Update: said.update}
			default:
				response.Event = &tenantv1.SubscribeTenantUpdatesResponse_Heartbeat{Heartbeat: said.heartbeat}
			}
			return stream.Send(response)
		})
}

// said is one response of either stream.
type said struct {
	token       string
	established *userv1.ConnectionEstablished
	gap         *userv1.Gap
	update      *userv1.Update
	heartbeat   *userv1.Heartbeat
}

type subscribing interface {
	GetResumeToken() string
	GetHeartbeatInterval() *durationpb.Duration
}

// follow runs a stream of one user's updates, or of all users' where user is empty.
func (s *Server) follow(
	ctx context.Context, request subscribing, user string, send func(said) error,
) error {
	s.mutex.Lock()
	position, outcome, err := s.begin(user, request.GetResumeToken())
	generation, interval := s.generation, s.heartbeat
	if interval == 0 {
		interval = request.GetHeartbeatInterval().AsDuration()
	}
	if interval == 0 {
		interval = 30 * time.Second
	}
	s.streams++
	connection := s.newID("connection-")
	s.mutex.Unlock()
	defer func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.streams--
	}()
	if err != nil {
		return err
	}
	if err := send(said{token: tokenAt(user, position), established: &userv1.ConnectionEstablished{
		ConnectionId: connection, HeartbeatInterval: durationpb.New(interval), ResumeOutcome: outcome,
	}}); err != nil {
		return err
	}
	if outcome == userv1.ResumeOutcome_RESUME_OUTCOME_RESUMED_WITH_GAP {
		if err := send(said{token: tokenAt(user, position), gap: &userv1.Gap{
			Reason: userv1.GapReason_GAP_REASON_EXPIRED, Reload: reloadAll,
		}}); err != nil {
			return err
		}
	}
	beat := time.NewTicker(interval)
	defer beat.Stop()
	for {
		s.mutex.Lock()
		news, changed := s.log[position:], s.changed
		muted, broken := generation < s.muted, s.broken
		ended := generation != s.generation && !muted
		s.mutex.Unlock()
		if ended {
			return broken
		}
		for _, update := range news {
			position++
			if muted || user != "" && update.GetUserId() != user {
				continue
			}
			if err := send(said{token: tokenAt(user, position), update: update}); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-beat.C:
			if muted {
				continue
			}
			if err := send(said{token: tokenAt(user, position), heartbeat: &userv1.Heartbeat{
				SendTime: timestamppb.Now(), State: userv1.StreamState_STREAM_STATE_LIVE,
			}}); err != nil {
				return err
			}
		}
	}
}

// ListUpdates returns what the caller has missed.
func (s *Server) ListUpdates(
	ctx context.Context, request *userv1.ListUpdatesRequest,
) (*userv1.ListUpdatesResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	user := userOf(ctx)
	position, outcome, err := s.begin(user, request.GetResumeToken())
	if err != nil {
		return nil, err
	}
	response := &userv1.ListUpdatesResponse{NextResumeToken: tokenAt(user, len(s.log))}
	if outcome == userv1.ResumeOutcome_RESUME_OUTCOME_RESUMED_WITH_GAP {
		response.Gap = &userv1.Gap{Reason: userv1.GapReason_GAP_REASON_EXPIRED}
	}
	for _, update := range s.log[position:] {
		if update.GetUserId() == user {
			response.Updates = append(response.Updates, update)
		}
	}
	return response, nil
}

// begin says where a stream begins.
func (s *Server) begin(user, token string) (int, userv1.ResumeOutcome, error) {
	if token == "" {
		return len(s.log), userv1.ResumeOutcome_RESUME_OUTCOME_FRESH, nil
	}
	var position int
	var whose string
	if _, err := fmt.Sscanf(token, "%d@%q", &position, &whose); err != nil || position > len(s.log) {
		return 0, 0, Failure(chat3.ReasonResumeTokenInvalid)
	}
	if whose != user {
		return 0, 0, Failure(chat3.ReasonResumeTokenForeign)
	}
	if position < s.forgotten {
		return len(s.log), userv1.ResumeOutcome_RESUME_OUTCOME_RESUMED_WITH_GAP, nil
	}
	return position, userv1.ResumeOutcome_RESUME_OUTCOME_RESUMED, nil
}

func tokenAt(user string, position int) string { return fmt.Sprintf("%d@%q", position, user) }
