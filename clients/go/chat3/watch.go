package chat3

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// WatchOptions say how users are watched.
type WatchOptions struct {
	// Store keeps the resume tokens. Without one they are kept while the loop runs.
	Store WatchStore
	// Heartbeat is the longest silence wanted, as in UpdatesOptions.
	Heartbeat time.Duration
}

// WatchEvent is an event of one user, or of the whole stream where UserID is empty. Of a user there
// are Connected, Update, Gap and [Dropped]; of the stream [Opened], StateChanged and Disconnected.
type WatchEvent struct {
	UserID string
	Event  Event
}

// Opened says that the stream of watched users is open. The users that are wanted are watched next, each with
// a Connected of its own.
type Opened struct {
	// ConnectionID names the stream in the service's logs.
	ConnectionID string
}

func (Opened) event() {}

// Dropped says that a user is watched no longer: the user does not exist, or cannot be watched.
type Dropped struct{ Err *Error }

func (Dropped) event() {}

// Watcher follows the updates of many users of a tenant on one stream. Add and Remove may be called
// at any time, by any goroutine.
type Watcher struct {
	conn *conn
	opts WatchOptions

	mutex   sync.Mutex
	wanted  map[string]bool
	changed chan struct{} // holds one value when wanted was changed
	running atomic.Bool   // whether a loop of events runs
}

// Watch makes a watcher, which watches nobody yet. Call Add, and read its Events.
func (c *TenantClient) Watch(opts WatchOptions) *Watcher {
	if opts.Store == nil {
		opts.Store = &MemoryWatchStore{}
	}
	return &Watcher{
		conn: c.conn, opts: opts, wanted: map[string]bool{}, changed: make(chan struct{}, 1),
	}
}

// Add watches users from now on, each from its stored resume token.
func (w *Watcher) Add(userIDs ...string) { w.change(userIDs, true) }

// Remove watches users no longer. Events that are on their way may still come.
func (w *Watcher) Remove(userIDs ...string) { w.change(userIDs, false) }

func (w *Watcher) change(userIDs []string, want bool) {
	w.mutex.Lock()
	for _, userID := range userIDs {
		if want {
			w.wanted[strings.ToLower(userID)] = true
		} else {
			delete(w.wanted, strings.ToLower(userID))
		}
	}
	w.mutex.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// Users returns the users that are wanted now.
func (w *Watcher) Users() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.Sorted(maps.Keys(w.wanted))
}

// Events streams what happens to the watched users. Every promise of [Client.Updates] holds for each
// of them: the stream is opened again, each user goes on at its own token, and the token of an
// event is saved when the body of the loop has ended for it. One loop runs at a time: another one
// fails at once.
func (w *Watcher) Events(ctx context.Context) iter.Seq2[WatchEvent, error] {
	return w.events(ctx, w.opts.Store.Save)
}

// saving saves a user's token, or sees to it that it is saved when the event before it was handled.
type saving func(ctx context.Context, userID, token string) error

func (w *Watcher) events(ctx context.Context, save saving) iter.Seq2[WatchEvent, error] {
	return func(yield func(WatchEvent, error) bool) {
		if !w.running.CompareAndSwap(false, true) {
			yield(WatchEvent{}, errors.New("chat3: another loop reads the events of this watcher"))
			return
		}
		defer w.running.Store(false)
		r := &watchRun{
			Watcher: w, lifeline: lifeline{identity: w.conn.identity}, yield: yield, save: save, seen: newRecent(),
			refused: map[string]*Error{}, fresh: map[string]bool{},
		}
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
				yield(WatchEvent{}, err)
				return
			}
			w.conn.options.log.LogAttrs(ctx, slog.LevelInfo, "chat3: the stream of watched users was lost",
				slog.Any("error", err), slog.Duration("delay", delay))
			if !yield(WatchEvent{Event: r.disconnected(err, delay)}, nil) {
				return
			}
			_ = pause(ctx, delay) // the loop asks ctx
		}
		yield(WatchEvent{}, ctx.Err())
	}
}

// watchRun is one loop of events.
type watchRun struct {
	*Watcher
	lifeline
	yield func(WatchEvent, error) bool
	save  saving
	seen  *recent

	state   userv1.StreamState
	refused map[string]*Error // why a user's resume token was refused, until a Connected has told
	fresh   map[string]bool   // users whose stored token is not to be used again
	left    bool              // whether the consumer has left the loop
}

// once opens a stream and hands out its events until it ends, which is always a failure.
func (r *watchRun) once(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	own, err := r.conn.another()
	if err != nil {
		return err
	}
	defer own.close()
	s, err := openWatchStream(ctx, own, r)
	if err != nil {
		return err
	}
	// The reader ends before the connection is closed and the next stream is opened.
	defer func() { cancel(); s.reading.Wait() }()
	for {
		if err := s.ask(ctx); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		heard, err := s.next(ctx)
		if err != nil {
			return err
		}
		if heard == nil {
			continue
		}
		s.watchdog.Stop()
		r.heard()
		if err := s.handle(ctx, heard); err != nil || r.left {
			return err
		}
		s.watchdog.Reset(s.patience)
	}
}

// hand gives an event to the consumer.
func (r *watchRun) hand(userID string, event Event) {
	r.left = r.left || !r.yield(WatchEvent{userID, event}, nil)
}

// keep saves a user's token, when the consumer is done with its event.
func (r *watchRun) keep(ctx context.Context, userID, token string) error {
	if r.left || token == "" {
		return nil
	}
	if err := r.save(context.WithoutCancel(ctx), userID, token); err != nil {
		return final{err}
	}
	delete(r.fresh, userID)
	return nil
}

// drop gives up a user.
func (r *watchRun) drop(userID string, failure *Error) {
	r.Remove(userID)
	r.hand(userID, Dropped{failure})
}
