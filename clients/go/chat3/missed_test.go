package chat3_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/chat3/user-service/clients/go/chat3"
	"github.com/chat3/user-service/clients/go/chat3/chat3test"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// missed are the words of what was missed; the loop is left after so many of them, with 0 at its end.
func missed(t *testing.T, client *chat3.Client, store chat3.ResumeStore, enough int) []string {
	t.Helper()
	var seen []string
	for event, err := range client.MissedUpdates(t.Context(), chat3.UpdatesOptions{Store: store}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, words(event)); len(seen) == enough {
			break
		}
	}
	return seen
}

func TestWhatWasMissedIsListedOnceItWasHandled(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		store := &chat3.MemoryResumeStore{}
		s.AddMessage(dialog, "bob", "before")
		expect(t, missed(t, alice, store, 0))
		s.AddMessage(dialog, "bob", "one")
		s.AddMessage(dialog, "bob", "two")
		expect(t, missed(t, alice, store, 1), "one") // a process that dies there
		expect(t, missed(t, alice, store, 0), "one", "two")
		expect(t, missed(t, alice, store, 0))
	})
}

func TestPagesOfWhatWasMissedAreReadToTheEnd(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		s.Handle("ListUpdates", func(_ context.Context, request proto.Message) (proto.Message, error) {
			if request.(*userv1.ListUpdatesRequest).GetResumeToken() == "a" {
				return &userv1.ListUpdatesResponse{NextResumeToken: "b", HasMore: true}, nil
			}
			return &userv1.ListUpdatesResponse{NextResumeToken: "c"}, nil
		})
		store := &chat3.MemoryResumeStore{}
		if err := store.Save(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		expect(t, missed(t, alice, store, 0))
		if token, _ := store.Load(t.Context()); token != "c" {
			t.Error(token)
		}
	})
}

func TestATokenThatIsRefusedIsAGapOfWhatWasMissed(t *testing.T) {
	for name, token := range map[string]string{"foreign": "1@\"bob\"", "damaged": "\x00\xff"} {
		world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
			store := &chat3.MemoryResumeStore{}
			if err := store.Save(t.Context(), token); err != nil {
				t.Fatal(name, err)
			}
			expect(t, missed(t, alice, store, 0), "gap")
			s.AddMessage(dialog, "bob", "later")
			expect(t, missed(t, alice, store, 0), "later")
		})
	}
}

func TestMissedUpdatesEndWithAFailure(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		s.Fail("ListUpdates", chat3test.Failure(chat3.ReasonUserNotFound))
		for event, err := range alice.MissedUpdates(t.Context(), chat3.UpdatesOptions{Store: &chat3.MemoryResumeStore{}}) {
			if !errors.Is(err, chat3.ReasonUserNotFound) {
				t.Error(event, err)
			}
		}
		for event, err := range alice.MissedUpdates(t.Context(), chat3.UpdatesOptions{Store: &brokenStore{}}) {
			if !errors.Is(err, errFull) {
				t.Error(event, err)
			}
		}
		for event, err := range alice.MissedUpdates(t.Context(), chat3.UpdatesOptions{}) {
			if err == nil {
				t.Error(event)
			}
		}
	})
}
