package chat3_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chat3/user-service/clients/go/chat3"
	"github.com/chat3/user-service/clients/go/chat3/chat3test"
)

// crowd makes users with a dialog of their own with bob, and a watcher of them.
func crowd(t *testing.T, s *chat3test.Server, count int, store chat3.WatchStore) (users, dialogs []string, watcher *chat3.Watcher) {
	t.Helper()
	for number := range count {
		user := fmt.Sprint("user-", number)
		users, dialogs = append(users, user), append(dialogs, s.AddDialog("A dialog", user, "bob"))
	}
	watcher = s.TenantClient(t).Watch(chat3.WatchOptions{Store: store})
	watcher.Add(users...)
	return users, dialogs, watcher
}

func TestWorkersHandleEachUsersEventsInOrderAndTheUsersAtTheSameTime(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		const count, each = 50, 20
		users, dialogs, watcher := crowd(t, s, count, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var mutex sync.Mutex
		got, connected, updates, busy, busiest := map[string][]string{}, 0, 0, 0, 0
		began := time.Now()
		err := watcher.Run(ctx, 10, func(_ context.Context, event chat3.WatchEvent) error {
			mutex.Lock()
			busy++
			busiest = max(busiest, busy)
			mutex.Unlock()
			time.Sleep(10 * time.Millisecond)
			mutex.Lock()
			defer mutex.Unlock()
			busy--
			switch told := event.Event.(type) {
			case chat3.Connected:
				if connected++; connected == count {
					for number := range each {
						for _, dialog := range dialogs {
							s.AddMessage(dialog, "bob", fmt.Sprint(number))
						}
						if number == each/2 {
							s.Break(chat3test.Cut())
						}
					}
				}
			case chat3.Update:
				got[event.UserID] = append(got[event.UserID], words(told))
				if updates++; updates == count*each {
					cancel()
				}
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		var want []string
		for number := range each {
			want = append(want, fmt.Sprint(number))
		}
		for _, user := range users {
			if !slices.Equal(got[user], want) {
				t.Errorf("%s got %q", user, got[user])
			}
		}
		if busiest < 5 || time.Since(began) > count*each*10*time.Millisecond {
			t.Errorf("%d workers were busy, %s", busiest, time.Since(began))
		}
	})
}

func TestWhatWorkersHaveNotHandledComesAgain(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		store := &chat3.MemoryWatchStore{}
		_, dialogs, watcher := crowd(t, s, 2, store)
		full := errors.New("the disk is full")
		var mutex sync.Mutex
		got := []string{}
		handle := func(_ context.Context, event chat3.WatchEvent) error {
			mutex.Lock()
			defer mutex.Unlock()
			switch word := words(event.Event); word {
			case "chat3.Opened":
			case "FRESH":
				if got = append(got, word); len(got) == 2 {
					for number := range 5 {
						s.AddMessage(dialogs[0], "bob", fmt.Sprint(number))
					}
				}
			case "2":
				if !slices.Contains(got, "2") {
					got = append(got, word)
					return full
				}
				got = append(got, "again")
			default:
				got = append(got, word)
			}
			return nil
		}
		if err := watcher.Run(t.Context(), 3, handle); !errors.Is(err, full) {
			t.Error(err)
		}
		expect(t, got, "FRESH", "FRESH", "0", "1", "2")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- watcher.Run(ctx, 3, handle) }()
		time.Sleep(time.Second)
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		slices.Sort(got[5:])
		expect(t, got, "FRESH", "FRESH", "0", "1", "2", "3", "4", "RESUMED", "RESUMED", "again")
	})
}

func TestAnEventThatIsHandledWhileWorkersEndIsNotHandledAgain(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		_, dialogs, watcher := crowd(t, s, 1, &chat3.MemoryWatchStore{})
		ctx, cancel := context.WithCancel(t.Context())
		var got []string
		handle := func(_ context.Context, event chat3.WatchEvent) error {
			if event.UserID == "" {
				return nil
			}
			got = append(got, words(event.Event))
			switch words(event.Event) {
			case "FRESH":
				s.AddMessage(dialogs[0], "bob", "first")
				s.AddMessage(dialogs[0], "bob", "second")
			case "first":
				time.Sleep(time.Second) // both updates have arrived
				cancel()
			case "second":
				return errors.New("enough")
			}
			return nil
		}
		for range 2 {
			_ = watcher.Run(ctx, 1, handle)
			ctx = t.Context()
		}
		expect(t, got, "FRESH", "first", "RESUMED", "second")
	})
}

func TestATokenThatWorkersCannotSaveEndsThem(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		_, _, watcher := crowd(t, s, 3, &brokenWatchStore{})
		err := watcher.Run(t.Context(), 2, func(context.Context, chat3.WatchEvent) error { return nil })
		if !errors.Is(err, errFull) {
			t.Error(err)
		}
	})
}

type brokenWatchStore struct{ chat3.MemoryWatchStore }

func (b *brokenWatchStore) Save(context.Context, string, string) error { return errFull }
