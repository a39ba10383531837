//go:build live

package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

func TestAWatcherGetsEachUpdateOfEachUserOnce(t *testing.T) {
	names := people(t, "alice", "bob", "carol")
	bob := userClient(t, names[1])
	made, err := bob.CreateDialog(t.Context(), &userv1.CreateDialogRequest{MemberIds: names})
	if err != nil {
		t.Fatal(err)
	}
	dialog := made.GetDialog().GetDialogId()
	cuts := &cutter{}
	watcher := tenantClient(t, cuts.option()).Watch(chat3.WatchOptions{})
	watcher.Add(names[0], names[2], "nobody-at-all")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const count = 40
	go func() {
		for number := range count {
			if _, err := bob.Send(ctx, dialog, fmt.Sprint(number)); err != nil {
				t.Error(err)
			}
			if number%10 == 5 {
				cuts.cut()
			}
		}
	}()
	got, dropped, connected := map[string][]string{}, []string{}, map[string]int{}
	for event, err := range watcher.Events(ctx) {
		if err != nil {
			t.Fatalf("%v: %v", err, got)
		}
		switch told := event.Event.(type) {
		case chat3.Connected:
			connected[event.UserID]++
		case chat3.Dropped:
			if !errors.Is(told.Err, chat3.ReasonUserNotFound) {
				t.Error(told.Err)
			}
			dropped = append(dropped, event.UserID)
		case chat3.Update:
			if created := told.GetMessageCreated(); created != nil && event.UserID == told.GetUserId() {
				got[event.UserID] = append(got[event.UserID], created.GetMessage().GetContent())
			}
		}
		if last := func(user string) bool { return slices.Contains(got[user], fmt.Sprint(count-1)) }; last(names[0]) && last(names[2]) {
			break
		}
	}
	// Who was watched before the first message gets all of them; who was watched later those from there on.
	for _, user := range []string{names[0], names[2]} {
		found := got[user]
		begin := count - len(found)
		for index, text := range found {
			if text != fmt.Sprint(begin+index) {
				t.Errorf("%s got %q", user, found)
				break
			}
		}
		if connected[user] < 2 {
			t.Errorf("%s was watched %d times", user, connected[user])
		}
	}
	if !slices.Equal(dropped, []string{"nobody-at-all"}) || slices.Contains(watcher.Users(), "nobody-at-all") {
		t.Errorf("dropped %q, watching %q", dropped, watcher.Users())
	}
}

func TestUsersComeAndGoWhileAWatcherRuns(t *testing.T) {
	names := people(t, "alice", "bob")
	watcher := tenantClient(t).Watch(chat3.WatchOptions{Heartbeat: 5 * time.Second})
	watcher.Add(names[0])
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var outcomes []string
	for event, err := range watcher.Events(ctx) {
		if err != nil {
			t.Fatalf("%v: %v", err, outcomes)
		}
		connected, ok := event.Event.(chat3.Connected)
		if !ok {
			continue
		}
		outcomes = append(outcomes, event.UserID+" "+connected.Outcome.String())
		switch len(outcomes) {
		case 1:
			watcher.Remove(names[0])
			watcher.Add(names[1])
		case 2:
			watcher.Add(names[0])
		}
		if len(outcomes) == 3 {
			break
		}
	}
	want := []string{
		names[0] + " RESUME_OUTCOME_FRESH", names[1] + " RESUME_OUTCOME_FRESH", names[0] + " RESUME_OUTCOME_RESUMED",
	}
	if !slices.Equal(outcomes, want) {
		t.Errorf("%q", outcomes)
	}
}

func TestAUserWithATokenOfTheBackEndSendsAndHears(t *testing.T) {
	names := people(t, "alice", "bob")
	client, err := chat3.NewClient(needed(t, "CHAT3_ADDRESS"), chat3.WithPlaintext(),
		chat3.WithTokenSource(tenantClient(t).UserTokens(names[0], time.Minute)))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	made, err := client.GetOrCreateDirectDialog(t.Context(), &userv1.GetOrCreateDirectDialogRequest{UserId: names[1]})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for event, err := range client.Updates(ctx, chat3.UpdatesOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		switch event := event.(type) {
		case chat3.Connected:
			if _, err := client.Send(ctx, made.GetDialog().GetDialogId(), "Hello"); err != nil {
				t.Fatal(err)
			}
		case chat3.Update:
			if event.GetMessageCreated().GetMessage().GetContent() == "Hello" {
				return
			}
		}
	}
}
