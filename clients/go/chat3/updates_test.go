package chat3_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chat3/user-service/clients/go/chat3"
	"github.com/chat3/user-service/clients/go/chat3/chat3test"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// endOf reads a stream to its end and returns its failure.
func endOf(events iter.Seq2[chat3.Event, error]) error {
	for _, err := range events {
		if err != nil {
			return err
		}
	}
	return nil
}

// words are what a consumer saw, an event a word.
func words(event chat3.Event) string {
	switch event := event.(type) {
	case chat3.Connected:
		return event.Outcome.String()[len("RESUME_OUTCOME_"):]
	case chat3.Update:
		return event.GetMessageCreated().GetMessage().GetContent()
	case chat3.Gap:
		return "gap"
	case chat3.StateChanged:
		return event.State.String()
	case chat3.Disconnected:
		return "lost"
	}
	return fmt.Sprintf("%T", event)
}

// watch collects the words of a stream until it has seen enough of them, and gives each to a function.
func watch(t *testing.T, client *chat3.Client, opts chat3.UpdatesOptions, enough int, on func(word string, seen int)) []string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []string
	for event, err := range client.Updates(ctx, opts) {
		if err != nil {
			if !errors.Is(err, context.Canceled) || len(seen) != enough {
				t.Fatalf("%v after %q", err, seen)
			}
			break
		}
		word := words(event)
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

func expect(t *testing.T, found []string, want ...string) {
	t.Helper()
	if !slices.Equal(found, want) {
		t.Errorf("%q instead of %q", found, want)
	}
}

func TestALostStreamGoesOnWhereItEndedAndEachUpdateComesOnce(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		seen := watch(t, alice, chat3.UpdatesOptions{}, 6, func(word string, _ int) {
			switch word {
			case "FRESH":
				s.AddMessage(dialog, "bob", "one")
			case "one":
				s.Break(chat3test.Cut())
				s.AddMessage(dialog, "bob", "two")
			case "RESUMED":
				s.AddMessage(dialog, "bob", "three")
			}
		})
		expect(t, seen, "FRESH", "one", "lost", "RESUMED", "two", "three")
	})
}

func TestAnUpdateThatIsSentAgainComesOnce(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		seen := watch(t, alice, chat3.UpdatesOptions{}, 4, func(word string, _ int) {
			if word == "FRESH" {
				same := &userv1.Update{UpdateId: "same", UserId: "alice"}
				s.Publish(same, same, &userv1.Update{UserId: "alice"})
				s.AddMessage(dialog, "bob", "last")
			}
		})
		expect(t, seen, "FRESH", "", "", "last")
	})
}

func TestATokenIsSavedWhenTheConsumerIsDoneWithItsEvent(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		store := chat3.FileResumeStore(filepath.Join(t.TempDir(), "token"))
		opts := chat3.UpdatesOptions{Store: store}
		for event, err := range alice.Updates(t.Context(), opts) {
			if err != nil {
				t.Fatal(err)
			}
			switch words(event) {
			case "FRESH":
				s.AddMessage(dialog, "bob", "handled")
				s.AddMessage(dialog, "bob", "crashed")
				continue
			case "handled":
				continue
			}
			break // as a process that dies here
		}
		expect(t, watch(t, alice, opts, 2, nil), "RESUMED", "crashed")
		s.AddMessage(dialog, "bob", "missed")
		expect(t, watch(t, alice, opts, 2, nil), "RESUMED", "missed")
	})
}

func TestARefusedResumeTokenIsToldAndTheStreamBeginsAnew(t *testing.T) {
	for _, token := range []string{"broken", "damaged\xff", "\x00"} {
		world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
			store := &chat3.MemoryResumeStore{}
			if err := store.Save(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			for event, err := range alice.Updates(t.Context(), chat3.UpdatesOptions{Store: store}) {
				if err != nil {
					t.Fatal(err)
				}
				connected, ok := event.(chat3.Connected)
				if !ok {
					continue
				}
				if connected.Refused == nil || connected.Refused.Reason != chat3.ReasonResumeTokenInvalid ||
					words(event) != "FRESH" || connected.ResumeToken == "" {
					t.Errorf("%q: %+v", token, connected)
				}
				break
			}
			if calls := len(s.Requests("SubscribeUpdates")); calls > 2 {
				t.Errorf("%q: %d streams", token, calls)
			}
		})
	}
}

func TestAGapIsHandedOver(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		seen := watch(t, alice, chat3.UpdatesOptions{}, 4, func(word string, _ int) {
			if word == "FRESH" {
				s.Break(chat3test.Cut())
				s.AddMessage(dialog, "bob", "forgotten")
				s.ForgetLog()
			}
		})
		expect(t, seen, "FRESH", "lost", "RESUMED_WITH_GAP", "gap")
	})
}

func TestSilenceForTwiceTheHeartbeatIsAFailure(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		var muted time.Time
		seen := watch(t, alice, chat3.UpdatesOptions{Heartbeat: 7 * time.Second}, 4, func(word string, _ int) {
			switch word {
			case "FRESH":
				s.Mute()
				muted = time.Now()
				s.AddMessage(dialog, "bob", "unheard")
			case "lost":
				if silence := time.Since(muted); silence != 14*time.Second {
					t.Errorf("given up after %s", silence)
				}
			}
		})
		expect(t, seen, "FRESH", "lost", "RESUMED", "unheard")
	})
}

func TestAConsumerMayTakeItsTime(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		seen := watch(t, alice, chat3.UpdatesOptions{}, 3, func(word string, _ int) {
			time.Sleep(10 * time.Minute)
			switch word {
			case "FRESH":
				s.AddMessage(dialog, "bob", "one")
			case "one":
				s.AddMessage(dialog, "bob", "two")
			}
		})
		expect(t, seen, "FRESH", "one", "two")
	})
}

func TestHeartbeatsKeepAStreamOpenAndMoveTheToken(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		store := &chat3.MemoryResumeStore{}
		watch(t, alice, chat3.UpdatesOptions{Store: store}, 2, func(word string, _ int) {
			if word != "FRESH" {
				return
			}
			before, _ := store.Load(t.Context())
			s.Publish(&userv1.Update{UserId: "bob"})
			time.AfterFunc(10*time.Minute, func() {
				if after, _ := store.Load(t.Context()); after == before || s.Streams() != 1 {
					t.Errorf("%q, %d streams", after, s.Streams())
				}
				s.Publish(&userv1.Update{UserId: "alice"})
			})
		})
	})
}

// delays are how long a client waits between streams that fail, until it has seen enough.
func delays(t *testing.T, client *chat3.Client, enough int) []time.Duration {
	t.Helper()
	var found []time.Duration
	for event, err := range client.Updates(t.Context(), chat3.UpdatesOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if lost, ok := event.(chat3.Disconnected); ok {
			if found = append(found, lost.RetryIn); len(found) == enough {
				break
			}
		}
	}
	return found
}

func TestTheFirstReconnectionHasJitter(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		different := map[time.Duration]bool{}
		for range 10 {
			s.Fail("SubscribeUpdates", chat3test.Cut())
			first := delays(t, alice, 1)[0]
			if first <= 0 || first > time.Second {
				t.Error(first)
			}
			different[first] = true
		}
		if len(different) < 5 {
			t.Error(different)
		}
	})
}

func TestWaitsGrowUntilAnythingIsHeard(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		s.Fail("SubscribeUpdates", slices.Repeat([]error{chat3test.Cut()}, 8)...)
		before := delays(t, alice, 8)[7]
		if before < 7*time.Second || before > 15*time.Second {
			t.Error(before)
		}
		s.Fail("SubscribeUpdates", slices.Repeat([]error{chat3test.Cut()}, 8)...)
		seen := 0
		for event, err := range alice.Updates(t.Context(), chat3.UpdatesOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			lost, ok := event.(chat3.Disconnected)
			if seen++; !ok {
				s.Break(chat3test.Cut())
			} else if seen == 10 {
				if lost.RetryIn > time.Second {
					t.Errorf("%s after a stream that was open", lost.RetryIn)
				}
				break
			}
		}
	})
}

func TestAStreamSaysHowOftenItCouldNotBeOpened(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		s.Fail("SubscribeUpdates", chat3test.Cut(), chat3test.Cut())
		var told []int
		for event, err := range alice.Updates(t.Context(), chat3.UpdatesOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			lost, ok := event.(chat3.Disconnected)
			if told = append(told, lost.Failures); len(told) == 5 {
				break
			}
			if !ok {
				s.Fail("SubscribeUpdates", chat3test.Cut())
				s.Break(chat3test.Cut())
			}
		}
		if !slices.Equal(told, []int{1, 2, 0, 1, 2}) {
			t.Error(told)
		}
	})
}

func TestTheDelayOfTheServiceIsKeptWhenAStreamEnds(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		s.Fail("SubscribeUpdates", chat3test.RetryAfter(chat3.ReasonShuttingDown, 20*time.Second))
		if delay := delays(t, alice, 1)[0]; delay < 20*time.Second || delay > 30*time.Second {
			t.Error(delay)
		}
	})
}

func TestAStreamEndsWithAFailureThatStays(t *testing.T) {
	reasons := []chat3.Reason{
		chat3.ReasonAPIKeyInvalid, chat3.ReasonUserNotFound, chat3.ReasonPermissionMissing,
		chat3.ReasonInvalidField, chat3.ReasonTooManyStreams, chat3.ReasonTokenExpired,
	}
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		for _, reason := range reasons {
			s.Fail("SubscribeUpdates", chat3test.Failure(reason))
			if err := endOf(alice.Updates(t.Context(), chat3.UpdatesOptions{})); !errors.Is(err, reason) {
				t.Errorf("%s: %v", reason, err)
			}
		}
	})
}

type brokenStore struct{ chat3.MemoryResumeStore }

var errFull = errors.New("the disk is full")

func (b *brokenStore) Save(context.Context, string) error { return errFull }

func TestATokenThatCannotBeSavedEndsTheStream(t *testing.T) {
	world(t, func(t *testing.T, _ *chat3test.Server, alice *chat3.Client, _ string) {
		err := endOf(alice.Updates(t.Context(), chat3.UpdatesOptions{Store: &brokenStore{}}))
		if !errors.Is(err, errFull) {
			t.Error(err)
		}
	})
}

// contextStore saves nothing for a context that has ended, as a database does.
type contextStore struct{ chat3.MemoryResumeStore }

func (c *contextStore) Save(ctx context.Context, token string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.MemoryResumeStore.Save(ctx, token)
}

func TestATokenIsSavedAlthoughTheConsumerHasEndedTheContext(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		opts := chat3.UpdatesOptions{Store: &contextStore{}}
		watch(t, alice, opts, 1, nil)
		s.AddMessage(dialog, "bob", "one")
		expect(t, watch(t, alice, opts, 2, nil), "RESUMED", "one")
		expect(t, watch(t, alice, opts, 1, nil), "RESUMED")
		s.AddMessage(dialog, "bob", "two")
		expect(t, watch(t, alice, opts, 2, nil), "RESUMED", "two")
	})
}

func TestAStreamEndsWithItsContextAndLeavesNothingOpen(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := endOf(alice.Updates(ctx, chat3.UpdatesOptions{})); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		synctest.Wait()
		if s.Streams() != 0 {
			t.Errorf("%d streams are open", s.Streams())
		}
	})
}

func TestABackEndFollowsAllUsers(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		var users []string
		for event, err := range s.TenantClient(t).Updates(t.Context(), chat3.UpdatesOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			switch event := event.(type) {
			case chat3.Connected:
				s.AddMessage(dialog, "bob", "Hello")
			case chat3.Update:
				users = append(users, event.GetUserId())
			}
			if len(users) == 2 {
				break
			}
		}
		expect(t, users, "alice", "bob")
	})
}
