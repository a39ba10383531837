//go:build live

package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

const (
	deeds    = 150
	messages = 100
)

// follow keeps a store up to date until the test ends, and returns what ends one loop and begins
// the next.
func follow(t *testing.T, store *chat3.LocalStore, client *chat3.Client) (again func()) {
	t.Helper()
	options := chat3.FollowOptions{Messages: messages}
	options.Store = &chat3.MemoryResumeStore{}
	var loops sync.WaitGroup
	var stop context.CancelFunc
	begin := func() {
		ctx, cancel := context.WithCancel(context.Background())
		connected := make(chan struct{})
		stop = cancel
		loops.Go(func() {
			first := true
			for event, err := range store.Follow(ctx, client, options) {
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				if _, ok := event.(chat3.Connected); ok && first {
					first = false
					close(connected)
				}
			}
		})
		<-connected
	}
	begin()
	t.Cleanup(func() { stop(); loops.Wait() })
	return func() {
		stop()
		loops.Wait()
		begin()
	}
}

func TestAStoreThatFollowsEqualsAFreshSnapshot(t *testing.T) {
	random, names := chance(t), people(t, "alice", "bob", "carol")
	alice := names[0]
	cuts := &cutter{}
	store, reader := chat3.NewLocalStore(alice), userClient(t, alice, cuts.option())
	a := &actors{t: t, random: random, names: names}
	for _, name := range names {
		a.clients = append(a.clients, userClient(t, name))
	}
	a.dialog()
	again := follow(t, store, reader)
	for range deeds {
		a.act()
		switch random.IntN(15) {
		case 0:
			cuts.cut()
		case 1:
			again()
		}
	}
	fresh := a.clients[0]
	eventually(t, func() string { return difference(t, store, fresh) })
	// What was there after the stream and a restart of the loop is the same.
	again()
	eventually(t, func() string { return difference(t, store, fresh) })
	if len(store.Dialogs()) == 0 {
		t.Error("the store is empty")
	}
}

// difference says what a store has that a fresh snapshot has not.
func difference(t *testing.T, store *chat3.LocalStore, client *chat3.Client) string {
	t.Helper()
	var wrong []string
	seen := []string{}
	for dialog, err := range client.Dialogs(t.Context(), &userv1.GetUserDialogsRequest{IncludeLastMessage: true}) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, dialog.DialogId)
		found := store.Dialog(dialog.DialogId)
		if one, other := promised(found), promised(dialog); !proto.Equal(one, other) {
			wrong = append(wrong, fmt.Sprintf("the store has\n %v\nthe service\n %v", one, other))
		}
		history := []*userv1.Message{}
		for message, err := range client.History(t.Context(), dialog.DialogId) {
			if err != nil {
				t.Fatal(err)
			}
			history = append(history, message)
		}
		known := store.Messages(dialog.DialogId)
		if len(known) != len(history) {
			wrong = append(wrong, fmt.Sprintf("%d messages instead of %d", len(known), len(history)))
			continue
		}
		for _, message := range history {
			untold := store.Untold(message.MessageId)
			one := carried(store.Message(dialog.DialogId, message.MessageId), untold)
			if other := carried(message, untold); !proto.Equal(one, other) {
				wrong = append(wrong, fmt.Sprintf("the store has\n %v\nthe service\n %v", one, other))
			}
		}
	}
	for _, dialog := range store.Dialogs() {
		if !slices.Contains(seen, dialog.DialogId) {
			wrong = append(wrong, "the store has "+dialog.DialogId+", which is not there any more")
		}
	}
	return strings.Join(wrong, "\n")
}

// promised is what updates tell of a dialog: see docs/guarantees.md.
func promised(dialog *userv1.Dialog) *userv1.Dialog {
	if dialog == nil {
		return nil
	}
	last := dialog.GetLastMessage()
	return &userv1.Dialog{
		DialogId: dialog.DialogId, MemberCount: dialog.MemberCount, Meta: dialog.Meta, Title: dialog.Title,
		Membership: &userv1.DialogMembership{UnreadCount: dialog.GetMembership().GetUnreadCount()},
		Stats:      &userv1.DialogStats{TopicCount: dialog.GetStats().GetTopicCount()},
		LastMessage: &userv1.LastMessage{
			MessageId: last.GetMessageId(), Content: last.GetContent(), Deleted: last.GetDeleted(),
		},
	}
}

// carried is what updates tell of a message.
func carried(message *userv1.Message, untold chat3.Untold) *userv1.Message {
	if message == nil {
		return nil
	}
	next := proto.CloneOf(message)
	next.Sender, next.Topic = nil, nil
	if untold.CreateTime {
		next.CreateTime = nil
	}
	if untold.QuotedMessage {
		next.QuotedMessage = nil
	}
	if untold.StatusCounts {
		next.StatusCounts = nil
	}
	slices.SortFunc(next.Reactions, func(a, b *userv1.Reaction) int { return strings.Compare(a.Reaction, b.Reaction) })
	slices.SortFunc(next.StatusCounts, func(a, b *userv1.StatusCount) int {
		return strings.Compare(a.StatusName, b.StatusName)
	})
	return next
}

func meta(t *testing.T, values map[string]any) *structpb.Struct {
	t.Helper()
	made, err := structpb.NewStruct(values)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
