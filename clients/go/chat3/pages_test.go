package chat3_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/chat3/user-service/clients/go/chat3"
	"github.com/chat3/user-service/clients/go/chat3/chat3test"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

func texts(t *testing.T, messages iter.Seq2[*userv1.Message, error]) []string {
	t.Helper()
	var found []string
	for message, err := range messages {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, message.GetContent())
	}
	return found
}

func TestHistoryIsReadWholeFromTheNewest(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		var written []string
		for number := range 230 {
			written = append(written, fmt.Sprint(number))
			s.AddMessage(dialog, "bob", written[number])
		}
		slices.Reverse(written)
		if found := texts(t, alice.History(t.Context(), dialog)); !slices.Equal(found, written) {
			t.Errorf("%d messages: %q", len(found), found)
		}
		if calls := len(s.Requests("GetDialogMessages")); calls != 3 {
			t.Errorf("%d pages", calls)
		}
	})
}

func TestAPageIsReadWhenItIsNeeded(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		for range 10 {
			s.AddMessage(dialog, "bob", "Hello")
		}
		request := &userv1.GetDialogMessagesRequest{DialogId: dialog, PageSize: 2}
		seen := 0
		for _, err := range alice.Messages(t.Context(), request) {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen == 3 {
				break
			}
		}
		if calls := len(s.Requests("GetDialogMessages")); calls != 2 || request.PageToken != "" {
			t.Errorf("%d pages, and the request is %v", calls, request)
		}
	})
}

func TestAFailureIsTheLastPairOfAList(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, _ string) {
		for range 3 {
			s.AddDialog("Another", "alice")
		}
		request := &userv1.GetUserDialogsRequest{PageSize: 2}
		var failures []error
		dialogs := 0
		for dialog, err := range alice.Dialogs(t.Context(), request) {
			if err != nil {
				failures = append(failures, err)
				continue
			}
			if dialogs++; dialogs == 2 {
				s.Fail("GetUserDialogs", chat3test.Failure(chat3.ReasonPageTokenInvalid))
			}
			_ = dialog
		}
		if len(failures) != 1 || !errors.Is(failures[0], chat3.ReasonPageTokenInvalid) || dialogs != 2 {
			t.Error(failures, dialogs)
		}
	})
}

func TestWhereAListBeginsIsSaidOnce(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		for range 3 {
			s.AddMessage(dialog, "bob", "Hello")
		}
		around := "msg_aaaaaaaaaaaaaaaaaaaa"
		texts(t, alice.Messages(t.Context(), &userv1.GetDialogMessagesRequest{
			DialogId: dialog, PageSize: 2, Page: 1, AroundMessageId: &around, Filter: "(sender_id,eq,bob)",
		}))
		calls := s.Requests("GetDialogMessages")
		first, second := calls[0].Message.(*userv1.GetDialogMessagesRequest), calls[1].Message.(*userv1.GetDialogMessagesRequest)
		if first.GetAroundMessageId() != around || first.GetPage() != 1 ||
			second.AroundMessageId != nil || second.GetPage() != 0 || second.GetFilter() != first.GetFilter() {
			t.Errorf("%v, then %v", first, second)
		}
	})
}
