package chat3_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/chat3/user-service/clients/go/chat3"
	"github.com/chat3/user-service/clients/go/chat3/chat3test"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// follow collects the words of a stream that a store follows, like watch.
func follow(t *testing.T, store *chat3.LocalStore, client *chat3.Client, opts chat3.FollowOptions, enough int, on func(word string)) []string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []string
	for event, err := range store.Follow(ctx, client, opts) {
		if err != nil {
			if !errors.Is(err, context.Canceled) || len(seen) != enough {
				t.Fatalf("%v after %q", err, seen)
			}
			break
		}
		seen = append(seen, words(event))
		if on != nil {
			on(words(event))
		}
		if len(seen) == enough {
			cancel()
		}
	}
	return seen
}

func contents(store *chat3.LocalStore, dialog string) []string {
	var found []string
	for _, message := range store.Messages(dialog) {
		found = append(found, message.GetContent())
	}
	return found
}

func TestAStoreHasAnEventWhenItComes(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.AddMessage(dialog, "bob", "before")
		store, other := chat3.NewLocalStore("alice"), ""
		follow(t, store, alice, chat3.FollowOptions{Messages: 10}, 3, func(word string) {
			switch word {
			case "FRESH":
				expect(t, contents(store, dialog), "before")
				other = s.AddDialog("Another", "alice", "bob")
				s.AddMessage(dialog, "bob", "after")
			case "after":
				expect(t, contents(store, dialog), "before", "after")
				time.Sleep(time.Second)
				s.AddMessage(other, "bob", "elsewhere")
			case "elsewhere":
				expect(t, contents(store, other), "elsewhere")
				if found := store.Dialogs(); len(found) != 2 || found[0].GetTitle() != "Another" {
					t.Error(found)
				}
			}
		})
	})
}

func TestAStoreReadsEverythingAgainAfterAGap(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		store := chat3.NewLocalStore("alice")
		seen := follow(t, store, alice, chat3.FollowOptions{Messages: 10}, 4, func(word string) {
			if word == "FRESH" {
				s.Break(chat3test.Cut())
				s.AddMessage(dialog, "bob", "forgotten")
				s.ForgetLog()
			}
		})
		expect(t, seen, "FRESH", "lost", "RESUMED_WITH_GAP", "gap")
		expect(t, contents(store, dialog), "forgotten")
	})
}

func TestAStoreThatIsFollowedAgainReadsNothingTwice(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		store := chat3.NewLocalStore("alice")
		opts := chat3.FollowOptions{Messages: 10}
		opts.Store = &chat3.MemoryResumeStore{}
		follow(t, store, alice, opts, 1, nil)
		s.AddMessage(dialog, "bob", "missed")
		expect(t, follow(t, store, alice, opts, 2, nil), "RESUMED", "missed")
		expect(t, contents(store, dialog), "missed")
		if lists := len(s.Requests("GetUserDialogs")); lists != 1 {
			t.Errorf("%d lists", lists)
		}
	})
}

func TestATokenDoesNotMoveBeforeWhatIsToBeReadIsRead(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		store, tokens := chat3.NewLocalStore("alice"), &chat3.MemoryResumeStore{}
		opts := chat3.FollowOptions{Messages: 10}
		opts.Store = tokens
		before, other := "", ""
		follow(t, store, alice, opts, 2, func(word string) {
			switch word {
			case "FRESH":
				other = s.AddDialog("Another", "alice", "bob")
				s.Handle("GetDialog", func(context.Context, proto.Message) (proto.Message, error) {
					before, _ = tokens.Load(t.Context())
					return nil, chat3test.RetryAfter(chat3.ReasonUpstreamUnavailable, time.Second)
				})
				// Longer than the 15 seconds that a call lasts by itself.
				time.AfterFunc(time.Minute, func() { s.Handle("GetDialog", nil) })
				s.AddMessage(other, "bob", "Hello")
			case "Hello":
				if now, _ := tokens.Load(t.Context()); now != before || store.Dialog(other) == nil {
					t.Errorf("%q, then %q", before, now)
				}
			}
		})
	})
}

func TestAStoreOutlivesASourceOfTokensThatFails(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		source := &issuer{}
		client := withTokens(t, s, source)
		s.Handle("GetMyself", func(context.Context, proto.Message) (proto.Message, error) {
			s.Handle("GetMyself", nil)
			source.fail(errors.New("the back end is away"))
			time.AfterFunc(time.Minute, func() { source.fail(nil) })
			return nil, chat3test.Failure(chat3.ReasonTokenRevoked)
		})
		store := chat3.NewLocalStore("alice")
		expect(t, follow(t, store, client, chat3.FollowOptions{}, 1, nil), "FRESH")
	})
}

func TestADialogThatTheUserIsInNoMoreIsTakenAway(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		store := chat3.NewLocalStore("alice")
		s.AddMessage(dialog, "bob", "before")
		follow(t, store, alice, chat3.FollowOptions{Messages: 10}, 2, func(word string) {
			if word != "FRESH" {
				return
			}
			s.Fail("GetDialog", chat3test.Failure(chat3.ReasonNotAMember))
			s.Publish(&userv1.Update{
				UserId: "alice", DialogId: &dialog, Kind: userv1.UpdateKind_UPDATE_KIND_MEMBER_REMOVED,
				Payload: &userv1.Update_MemberRemoved{MemberRemoved: &userv1.MemberRemoved{
					Dialog: &userv1.PartialDialog{DialogId: dialog}, Member: &userv1.PartialMember{UserId: "alice"},
				}},
			})
		})
		if store.Dialog(dialog) != nil || len(store.Messages(dialog)) > 0 {
			t.Error("the dialog is still there")
		}
	})
}

func TestAnUpdateThatComesWhileADialogIsOpenedIsKept(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		store := chat3.NewLocalStore("alice")
		s.AddMessage(dialog, "bob", "before")
		follow(t, store, alice, chat3.FollowOptions{}, 2, func(word string) {
			if word != "FRESH" {
				return
			}
			s.Handle("GetDialogMessages", func(ctx context.Context, request proto.Message) (proto.Message, error) {
				old, err := s.GetDialogMessages(ctx, request.(*userv1.GetDialogMessagesRequest))
				s.AddMessage(dialog, "bob", "meanwhile")
				time.Sleep(time.Second) // the update is merged before this answer arrives
				return old, err
			})
			go func() {
				if err := store.Open(t.Context(), alice, dialog, 10); err != nil {
					t.Error(err)
				}
			}()
		})
		time.Sleep(2 * time.Second)
		expect(t, contents(store, dialog), "before", "meanwhile")
	})
}

func TestADialogThatIsClosedFreesItsMessages(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		store := chat3.NewLocalStore("alice")
		s.AddMessage(dialog, "bob", "before")
		follow(t, store, alice, chat3.FollowOptions{}, 1, nil)
		if err := store.Open(t.Context(), alice, dialog, 10); err != nil {
			t.Fatal(err)
		}
		expect(t, contents(store, dialog), "before")
		store.Close(dialog)
		expect(t, contents(store, dialog))
		follow(t, store, alice, chat3.FollowOptions{}, 1, nil) // which reads everything again
		expect(t, contents(store, dialog))
		if store.Dialog(dialog) == nil {
			t.Error("the dialog is gone")
		}
	})
}

func TestAStoreIsReadWhileItChanges(t *testing.T) {
	store := chat3.NewLocalStore("alice")
	store.PutDialog(&userv1.Dialog{DialogId: "dlg"})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 20 {
				for _, dialog := range store.Dialogs() {
					_ = dialog.String()
				}
				for _, message := range store.Messages("dlg") {
					_ = message.String()
				}
			}
		})
	}
	for number := range 1500 {
		id := fmt.Sprintf("msg %d", number)
		partial := &userv1.PartialMessage{MessageId: id, DialogId: "dlg", SenderId: "bob", Content: &id}
		store.Merge(&userv1.Update{Payload: &userv1.Update_MessageCreated{MessageCreated: &userv1.MessageCreated{
			Dialog: &userv1.PartialDialog{DialogId: "dlg"}, Message: partial,
		}}})
		store.Merge(&userv1.Update{Payload: &userv1.Update_MessageEdited{MessageEdited: &userv1.MessageEdited{
			Dialog: &userv1.PartialDialog{DialogId: "dlg"}, Message: partial,
		}}})
	}
	readers.Wait()
	if kept := len(store.Messages("dlg")); kept != 1000 {
		t.Errorf("%d messages", kept)
	}
}
