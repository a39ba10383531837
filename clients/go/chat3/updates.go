package chat3

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

const (
	patienceToOpen   = 20 * time.Second
	defaultHeartbeat = 30 * time.Second
)

// UpdatesOptions say which updates are wanted, and where they begin.
//
// The events of a stream come in a loop:
//
//	for event, err := range client.Updates(ctx, chat3.UpdatesOptions{Store: store}) {
//		if err != nil {
//			return err
//		}
//		switch event := event.(type) { … }
//	}
//
// The loop ends with ctx, whose error is the last pair, or with a failure that no repetition mends:
// a refused API key, a user who does not exist. Everything else is repaired: the stream is
// opened again, with jitter, and goes on where it ended. Each update comes once.
//
// The resume token of an event is saved when the body of the loop has ended for it. An event whose
// body breaks or returns comes again when the stream is resumed.
type UpdatesOptions struct {
	// Store keeps the resume token. Without one it is kept while the loop runs.
	Store ResumeStore
	// Kinds are the kinds of update that are wanted; all when empty.
	Kinds []userv1.UpdateKind
	// DialogIDs are the dialogs whose updates are wanted; all when empty.
	DialogIDs []string
	// Heartbeat is the longest silence wanted, 5 seconds to 5 minutes; 30 seconds when 0. A stream
	// that is silent for twice as long is given up and opened again.
	Heartbeat time.Duration
}

// response is what the streams of a user and of a tenant have in common.
type response interface {
	GetResumeToken() string
	GetConnectionEstablished() *userv1.ConnectionEstablished
	GetUpdate() *userv1.Update
	GetHeartbeat() *userv1.Heartbeat
	GetGap() *userv1.Gap
}

type openStream func(context.Context, *conn, UpdatesOptions, string) (func() (response, error), error)

func openUserStream(
	ctx context.Context, c *conn, opts UpdatesOptions, token string,
) (func() (response, error), error) {
	opened, err := userv1.NewUserServiceClient(c).SubscribeUpdates(ctx, &userv1.SubscribeUpdatesRequest{
		ResumeToken: token, UpdateKinds: opts.Kinds, DialogIds: opts.DialogIDs,
		HeartbeatInterval: interval(opts.Heartbeat),
	})
	return func() (response, error) { return opened.Recv() }, err
}

func openTenantStream(
	ctx context.Context, c *conn, opts UpdatesOptions, token string,
) (func() (response, error), error) {
	opened, err := tenantv1.NewTenantServiceClient(c).SubscribeTenantUpdates(ctx,
		&tenantv1.SubscribeTenantUpdatesRequest{
			ResumeToken: token, UpdateKinds: opts.Kinds, DialogIds: opts.DialogIDs,
			HeartbeatInterval: interval(opts.Heartbeat),
		})
	return func() (response, error) { return opened.Recv() }, err
}

func interval(wanted time.Duration) *durationpb.Duration {
	if wanted == 0 {
		return nil
	}
	return durationpb.New(wanted)
}

// subscription is the settings of a stream that does not end.
type subscription struct {
	conn *conn
	opts UpdatesOptions
	open openStream
}

func newSubscription(c *conn, opts UpdatesOptions, open openStream) *subscription {
	if opts.Store == nil {
		opts.Store = &MemoryResumeStore{}
	}
	return &subscription{c, opts, open}
}

// events runs one loop over streams, each of which begins where the one before it ended.
func (s *subscription) events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		r := &run{
			subscription: s, lifeline: lifeline{identity: s.conn.identity}, yield: yield, seen: newRecent(),
		}
		token, err := s.opts.Store.Load(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		if token != "" && !visible(token) {
			token, r.refused = "", damaged()
		}
		r.token = token
		for ctx.Err() == nil {
			err := r.once(ctx)
			if r.left {
				return
			}
			if ctx.Err() != nil {
				break
			}
			delay, again := r.after(err)
			if !again {
				yield(nil, err)
				return
			}
			s.conn.options.log.LogAttrs(ctx, slog.LevelInfo, "chat3: the stream of updates was lost",
				slog.Any("error", err), slog.Duration("delay", delay))
			if !yield(r.disconnected(err, delay), nil) {
				return
			}
			_ = pause(ctx, delay) // the loop asks ctx
		}
		yield(nil, ctx.Err())
	}
}

// run is one loop of events.
type run struct {
	*subscription
	lifeline
	yield func(Event, error) bool
	seen  *recent

	token   string
	state   userv1.StreamState
	refused *Error // why the resume token was refused, until a Connected has told
	left    bool   // whether the consumer has left the loop
}

// once opens a stream and hands out its events until it ends, which is always a failure.
func (r *run) once(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	own, err := r.conn.another()
	if err != nil {
		return err
	}
	defer own.close()
	patience := patienceToOpen
	watchdog := time.AfterFunc(patience, func() { cancel(lost("nothing was heard for too long")) })
	defer watchdog.Stop()
	receive, err := r.open(ctx, own, r.opts, r.token)
	for err == nil {
		var heard response
		if heard, err = receive(); err != nil {
			break
		}
		watchdog.Stop()
		r.heard()
		if opened := heard.GetConnectionEstablished(); opened != nil {
			patience = 2 * heartbeatOf(opened)
		}
		if err := r.handle(ctx, heard); err != nil || r.left {
			return err
		}
		watchdog.Reset(patience)
	}
	if silence := context.Cause(ctx); silence != nil {
		return silence
	}
	if errors.Is(err, io.EOF) {
		return lost("the stream ended without a word")
	}
	return err
}

func heartbeatOf(opened *userv1.ConnectionEstablished) time.Duration {
	if told := opened.GetHeartbeatInterval().AsDuration(); told > 0 {
		return told
	}
	return defaultHeartbeat
}

// handle hands an event to the consumer, and saves the token when the consumer is done with it.
func (r *run) handle(ctx context.Context, heard response) error {
	update := heard.GetUpdate()
	known := update != nil && r.seen.has(update)
	if event := r.eventOf(heard); event != nil && !known {
		if !r.yield(event, nil) {
			r.left = true
			return nil
		}
	}
	if update != nil {
		r.seen.add(update)
	}
	return r.keep(ctx, heard.GetResumeToken())
}

func (r *run) keep(ctx context.Context, token string) error {
	// The consumer may have ended ctx while it dealt with the event.
	if err := r.opts.Store.Save(context.WithoutCancel(ctx), token); err != nil {
		return final{err}
	}
	r.token = token
	return nil
}

// eventOf returns what a response tells the consumer; nil for heartbeats, and for what a newer service
// sends.
func (r *run) eventOf(heard response) Event {
	if update := heard.GetUpdate(); update != nil {
		return Update{update, heard.GetResumeToken()}
	}
	if gap := heard.GetGap(); gap != nil {
		return Gap{gap, heard.GetResumeToken()}
	}
	if opened := heard.GetConnectionEstablished(); opened != nil {
		refused := r.refused
		r.refused, r.state = nil, userv1.StreamState_STREAM_STATE_LIVE
		return Connected{
			opened.GetConnectionId(), opened.GetResumeOutcome(), heartbeatOf(opened), refused,
			heard.GetResumeToken(),
		}
	}
	state := heard.GetHeartbeat().GetState()
	if state == userv1.StreamState_STREAM_STATE_UNSPECIFIED || state == r.state {
		return nil
	}
	r.state = state
	return StateChanged{state}
}

// after says how long to wait after a failure, and whether a stream is opened again at all.
func (r *run) after(err error) (time.Duration, bool) {
	var failure *Error
	refused := errors.As(err, &failure) &&
		(failure.Reason == ReasonResumeTokenInvalid || failure.Reason == ReasonResumeTokenForeign)
	if refused && r.token != "" {
		// Without a token the stream begins now, and the consumer is told to read everything again.
		r.token, r.refused = "", failure
		return r.waits.next(0), true
	}
	return r.lifeline.after(err)
}
