package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// stream is what the library handed over to a user, over all starts.
type stream struct {
	*sync.Mutex
	starts     []string
	updates    [][3]string // kind, dialog, and a message, a member or nothing: ids
	known      map[string]bool
	duplicates int
	gaps       []string
	reconnects int
	errors     []string
}

func newStream() stream {
	return stream{
		Mutex: &sync.Mutex{}, known: map[string]bool{}, starts: []string{}, gaps: []string{},
		updates: [][3]string{},
	}
}

// start opens the stream of a user and waits until its store is filled.
func (p *player) start(ctx context.Context, u *user) error {
	client, err := chat3.NewClient(env("CHAT3_ADDRESS", "127.0.0.1:50051"), chat3.WithPlaintext(),
		chat3.WithAPIKey(env("CHAT3_API_KEY", "demo-key"), env("CHAT3_TENANT", "tnt_default"), u.name))
	if err != nil {
		return err
	}
	u.client, u.store = client, chat3.NewLocalStore(u.name)
	running, cancel := context.WithCancel(context.Background())
	connected, done := make(chan struct{}), make(chan struct{})
	u.stop = func() {
		cancel()
		<-done
		_ = client.Close()
		u.client, u.store, u.stop = nil, nil, nil
	}
	options := chat3.FollowOptions{Messages: 100}
	options.Store = chat3.FileResumeStore(filepath.Join(p.folder, u.name))
	go func(store *chat3.LocalStore) {
		defer close(done)
		first := true
		for event, err := range store.Follow(running, client, options) {
			if err != nil {
				u.seen.end(err)
				return
			}
			u.seen.note(event, first)
			if _, ok := event.(chat3.Connected); ok && first {
				first = false
				close(connected)
			}
		}
	}(u.store)
	select {
	case <-connected:
		return nil
	case <-done:
		return errors.New("the stream ended")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *stream) end(err error) {
	s.Lock()
	defer s.Unlock()
	if !errors.Is(err, context.Canceled) {
		s.errors = append(s.errors, err.Error())
	}
}

func (s *stream) note(event chat3.Event, first bool) {
	s.Lock()
	defer s.Unlock()
	switch event := event.(type) {
	case chat3.Connected:
		if first {
			s.starts = append(s.starts, strings.TrimPrefix(event.Outcome.String(), "RESUME_OUTCOME_"))
		} else {
			s.reconnects++
		}
	case chat3.Gap:
		s.gaps = append(s.gaps, strings.TrimPrefix(event.Reason.String(), "GAP_REASON_"))
		s.updates = append(s.updates, [3]string{"GAP", "", ""})
	case chat3.Update:
		if s.known[event.GetUpdateId()] {
			s.duplicates++
		}
		s.known[event.GetUpdateId()] = true
		if event.GetKind() != userv1.UpdateKind_UPDATE_KIND_TYPING {
			s.updates = append(s.updates, [3]string{
				strings.TrimPrefix(event.GetKind().String(), "UPDATE_KIND_"),
				event.GetDialogId(), about(event.Update),
			})
		}
	}
}

// about is the message or the member that an update is about; a member is marked.
func about(update *userv1.Update) string {
	for _, member := range []*userv1.PartialMember{
		update.GetMemberAdded().GetMember(), update.GetMemberRemoved().GetMember(),
		update.GetMemberChanged().GetMember(),
	} {
		if member != nil {
			return memberMark + member.GetUserId()
		}
	}
	return update.GetMessageId()
}

const memberMark = "@"

// until waits for a condition; it reports whether it came true within a minute.
func until(condition func() bool) bool {
	deadline := time.Now().Add(time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(50 * time.Millisecond)
	}
	return true
}
