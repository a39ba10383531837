//go:build live

package live

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

func TestACrowdWritesEachMessageOnceWhileItsConnectionsAreCut(t *testing.T) {
	const writers, each = 5, 40
	names := people(t, "alice", "bob", "carol", "dave", "erin")
	cuts := &cutter{}
	reader := userClient(t, names[0])
	made, err := reader.CreateDialog(t.Context(), &userv1.CreateDialogRequest{MemberIds: names})
	if err != nil {
		t.Fatal(err)
	}
	dialog := made.GetDialog().GetDialogId()
	store := chat3.NewLocalStore(names[0])
	follow(t, store, userClient(t, names[0], cuts.option()))
	if err := store.Open(t.Context(), reader, dialog, writers*each); err != nil {
		t.Fatal(err)
	}
	var sends sync.WaitGroup
	var sent, cut atomic.Int64
	for _, name := range names {
		client := userClient(t, name, cuts.option(), chat3.WithCallTimeout(2*time.Minute))
		for number := range each {
			sends.Go(func() {
				if _, err := client.Send(t.Context(), dialog, fmt.Sprint(name, " ", number)); err != nil {
					t.Error(err)
				}
				// Cut while all others are on their way.
				if sent.Add(1)%50 == 1 {
					cut.Add(int64(cuts.cut()))
				}
			})
		}
	}
	sends.Wait()
	written := map[string]int{}
	for message, err := range reader.History(t.Context(), dialog) {
		if err != nil {
			t.Fatal(err)
		}
		written[message.GetContent()]++
		if written[message.GetContent()] > 1 {
			t.Errorf("%q was written twice", message.GetContent())
		}
	}
	if len(written) != writers*each || cut.Load() < writers {
		t.Errorf("%d messages, %d connections cut", len(written), cut.Load())
	}
	eventually(t, func() string {
		if known := len(store.Messages(dialog)); known != writers*each {
			return fmt.Sprintf("the store has %d messages", known)
		}
		return ""
	})
}
