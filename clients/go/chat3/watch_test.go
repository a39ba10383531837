package chat3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chat3/user-service/clients/go/chat3"
	"github.com/chat3/user-service/clients/go/chat3/chat3test"
)

// watchUsers collects the words of a watcher, each after its user, until it has seen enough of them.
func watchUsers(t *testing.T, watcher *chat3.Watcher, enough int, on func(word string, seen int)) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	var seen []string
	for event, err := range watcher.Events(ctx) {
		if err != nil {
			if !errors.Is(err, context.Canceled) || len(seen) != enough {
				t.Fatalf("%v after %q", err, seen)
			}
			break
		}
		if _, ok := event.Event.(chat3.Opened); ok {
			continue
		}
		word := strings.TrimSpace(event.UserID + " " + words(event.Event))
		seen = append(seen, word)
		if on != nil {
			on(word, len(seen))
		}
		if len(seen) == enough {
			cancel()
		}
	}
	return seen
}

func TestWatchedUsersGoOnWhereTheyWereAndEachUpdateComesOnce(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		watcher := s.TenantClient(t).Watch(chat3.WatchOptions{})
		watcher.Add("alice", "BOB")
		seen := watchUsers(t, watcher, 9, func(word string, seen int) {
			switch {
			case seen == 2:
				s.AddMessage(dialog, "bob", "one")
			case word == "bob one":
				s.Break(chat3test.Cut())
				s.AddMessage(dialog, "bob", "two")
			}
		})
		expect(t, seen, "alice FRESH", "bob FRESH", "alice one", "bob one", "lost",
			"alice RESUMED", "bob RESUMED", "alice two", "bob two")
	})
}

func TestATokenOfAWatchedUserIsSavedWhenTheConsumerIsDoneWithItsEvent(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		opts := chat3.WatchOptions{Store: chat3.FileWatchStore(t.TempDir())}
		first := s.TenantClient(t).Watch(opts)
		first.Add("alice")
		for event, err := range first.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := event.Event.(chat3.Update); ok {
				break // as a process that dies here
			}
			if event.UserID == "alice" {
				s.AddMessage(dialog, "bob", "crashed")
			}
		}
		second := s.TenantClient(t).Watch(opts)
		second.Add("alice")
		expect(t, watchUsers(t, second, 2, nil), "alice RESUMED", "alice crashed")
		s.AddMessage(dialog, "bob", "missed")
		expect(t, watchUsers(t, second, 2, nil), "alice RESUMED", "alice missed")
	})
}

func TestAWatcherThatIsChangedAllTheTimeFindsSilence(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		watcher := s.TenantClient(t).Watch(chat3.WatchOptions{Heartbeat: 7 * time.Second})
		watcher.Add("alice")
		ended := make(chan struct{})
		go func() { // users who sign in
			for number := 0; ; number++ {
				select {
				case <-ended:
					return
				case <-time.After(5 * time.Second):
					watcher.Remove(fmt.Sprint("guest-", number-1))
					watcher.Add(fmt.Sprint("guest-", number))
				}
			}
		}()
		defer close(ended)
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for event, err := range watcher.Events(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			switch words(event.Event) {
			case "FRESH":
				if event.UserID == "alice" {
					s.Mute()
					s.AddMessage(dialog, "bob", "unheard")
				}
			case "unheard":
				if waited := time.Since(began); waited > 16*time.Second {
					t.Errorf("heard after %s", waited)
				}
				return
			}
		}
	})
}

func TestUsersWhoCannotBeWatchedAreDroppedAndTheOthersStay(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		s.RemoveUser("nobody")
		watcher := s.TenantClient(t).Watch(chat3.WatchOptions{})
		watcher.Add("alice", "nobody")
		seen := watchUsers(t, watcher, 6, func(word string, seen int) {
			switch word {
			case "alice FRESH":
				// Another user is one too many.
				s.Fail("WatchUpdatesRequest", chat3test.Failure(chat3.ReasonTooManyStreams))
				watcher.Add("bob")
			case "bob chat3.Dropped":
				s.AddMessage(dialog, "bob", "Hello")
			case "alice Hello":
				watcher.Add("bob")
			case "bob FRESH":
				s.RemoveUser("alice")
			}
		})
		expect(t, seen, "nobody chat3.Dropped", "alice FRESH", "bob chat3.Dropped", "alice Hello",
			"bob FRESH", "alice chat3.Dropped")
		expect(t, watcher.Users(), "bob")
	})
}

func TestARequestToWatchIsRepeatedWhenTheServiceAsksForIt(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		s.Fail("WatchUpdatesRequest", chat3test.RetryAfter(chat3.ReasonUpdatesUnavailable, 3*time.Second))
		watcher := s.TenantClient(t).Watch(chat3.WatchOptions{})
		watcher.Add("alice")
		began := time.Now()
		expect(t, watchUsers(t, watcher, 1, nil), "alice FRESH")
		if waited := time.Since(began); waited < 3*time.Second || waited > 5*time.Second {
			t.Errorf("waited for %s", waited)
		}
	})
}

func TestARefusedTokenOfAWatchedUserIsTold(t *testing.T) {
	for name, token := range map[string]string{"foreign": "1@\"bob\"", "damaged": "\x00\xff"} {
		world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
			store := &chat3.MemoryWatchStore{}
			if err := store.Save(t.Context(), "alice", token); err != nil {
				t.Fatal(err)
			}
			watcher := s.TenantClient(t).Watch(chat3.WatchOptions{Store: store})
			watcher.Add("alice")
			for event, err := range watcher.Events(t.Context()) {
				if event.UserID == "" && err == nil {
					continue
				}
				connected, ok := event.Event.(chat3.Connected)
				if err != nil || !ok || connected.Refused == nil || connected.ResumeToken == "" {
					t.Errorf("%s: %+v, %v", name, event, err)
				}
				break
			}
		})
	}
}

// slowStore is a database far away.
type slowStore struct{ chat3.MemoryWatchStore }

func (s *slowStore) Load(ctx context.Context, userID string) (string, error) {
	time.Sleep(time.Second)
	return s.MemoryWatchStore.Load(ctx, userID)
}

func TestAStoreThatIsSlowIsNoSilence(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		watcher := s.TenantClient(t).Watch(chat3.WatchOptions{Store: &slowStore{}})
		for number := range 90 {
			watcher.Add(fmt.Sprint("user-", number))
		}
		if seen := watchUsers(t, watcher, 90, nil); slices.Contains(seen, "lost") {
			t.Error(seen)
		}
	})
}

func TestAWatcherHasOneLoopAtATime(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		watcher := s.TenantClient(t).Watch(chat3.WatchOptions{})
		watcher.Add("alice")
		for range 2 {
			watchUsers(t, watcher, 1, func(string, int) {
				for _, err := range watcher.Events(t.Context()) {
					if err == nil {
						t.Error("a second loop runs")
					}
					break
				}
			})
		}
	})
}

func TestALostStreamOfWatchedUsersIsLogged(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		var lines bytes.Buffer
		client := s.TenantClient(t, chat3.WithLogger(slog.New(slog.NewTextHandler(&lines, nil))))
		s.Fail("WatchUpdates", chat3test.Cut())
		watchUsers(t, client.Watch(chat3.WatchOptions{}), 1, nil)
		if !strings.Contains(lines.String(), "the connection was cut") {
			t.Error(lines.String())
		}
	})
}

func TestAWatcherSaysThatItsStreamIsOpenThoughItWatchesNobody(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		var told []string
		for event, err := range s.TenantClient(t).Watch(chat3.WatchOptions{}).Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			told = append(told, fmt.Sprintf("%s%T", event.UserID, event.Event))
			if opened, ok := event.Event.(chat3.Opened); ok {
				if opened.ConnectionID == "" {
					t.Error("the stream has no name")
				}
				s.Break(chat3test.Cut())
			}
			if len(told) == 3 {
				break
			}
		}
		expect(t, told, "chat3.Opened", "chat3.Disconnected", "chat3.Opened")
	})
}

func TestAFolderKeepsTheTokensOfManyUsers(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "tokens")
	store := chat3.FileWatchStore(folder)
	users := []string{"alice", "../alice", "a/b", "..", "%2e%2e", strings.Repeat("ж", 33), strings.Repeat("ж", 34), strings.Repeat("ж", 100)}
	for _, user := range users {
		if token, err := store.Load(t.Context(), user); token != "" || err != nil {
			t.Error(user, token, err)
		}
		if err := store.Save(t.Context(), user, "token of "+user); err != nil {
			t.Fatal(err)
		}
	}
	for _, user := range users {
		if token, err := store.Load(t.Context(), user); token != "token of "+user || err != nil {
			t.Error(user, token, err)
		}
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.resume-token"))
	if len(found) != len(users) {
		t.Error(found, err)
	}
}

func TestNoUserIsCalledAsTheFileOfAnotherUser(t *testing.T) {
	folder := t.TempDir()
	store := chat3.FileWatchStore(folder)
	long := strings.Repeat("ж", 100)
	if err := store.Save(t.Context(), long, "long"); err != nil {
		t.Fatal(err)
	}
	files, _ := os.ReadDir(folder)
	name := strings.TrimSuffix(files[0].Name(), ".resume-token")
	for _, user := range []string{name, strings.TrimPrefix(name, "#")} {
		if err := store.Save(t.Context(), user, "short"); err != nil {
			t.Fatal(err)
		}
	}
	if token, err := store.Load(t.Context(), long); token != "long" || err != nil {
		t.Error(token, err)
	}
}
