package chat3_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/chat3/user-service/clients/go/chat3"
	"github.com/chat3/user-service/clients/go/chat3/chat3test"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// world runs a test on a clock of its own, with a fake and a client of alice, who talks to bob.
func world(t *testing.T, test func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := chat3test.NewServer(t)
		test(t, s, s.Client(t, "alice"), s.AddDialog("The team", "alice", "bob"))
	})
}

func keysOf(s *chat3test.Server) []string {
	var keys []string
	for _, request := range s.Requests("SendMessage") {
		keys = append(keys, request.Message.(*userv1.SendMessageRequest).GetIdempotencyKey())
	}
	return keys
}

func TestEveryAttemptAtACallCarriesTheSameKeyAndEveryCallAnother(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		request := &userv1.SendMessageRequest{DialogId: dialog, Content: "Hello"}
		s.Fail("SendMessage", chat3test.Cut(), chat3test.RetryAfter(chat3.ReasonOverloaded, time.Second))
		for range 2 {
			if _, err := alice.SendMessage(t.Context(), request); err != nil {
				t.Fatal(err)
			}
		}
		keys := keysOf(s)
		if len(keys) != 4 || keys[0] == "" || keys[1] != keys[0] || keys[2] != keys[0] || keys[3] == keys[0] {
			t.Errorf("keys are %q", keys)
		}
		if request.IdempotencyKey != "" {
			t.Error("the caller's request was changed")
		}
	})
}

func TestAnAnswerThatWasLostWritesNoSecondMessage(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.FailAfter("SendMessage", chat3test.Cut())
		if _, err := alice.Send(t.Context(), dialog, "Hello"); err != nil {
			t.Fatal(err)
		}
		if found := texts(t, alice.History(t.Context(), dialog)); len(found) != 1 {
			t.Errorf("the messages are %q", found)
		}
	})
}

func TestAKeyOfTheCallerIsUsed(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		_, err := alice.SendMessage(t.Context(),
			&userv1.SendMessageRequest{DialogId: dialog, Content: "Hello", IdempotencyKey: "mine"})
		if err != nil || keysOf(s)[0] != "mine" {
			t.Error(err, keysOf(s))
		}
	})
}

func TestTheDelayThatTheServiceAsksForIsWaitedFor(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.Fail("GetDialog", chat3test.RetryAfter(chat3.ReasonRateLimited, 4*time.Second))
		began := time.Now()
		if _, err := alice.GetDialog(t.Context(), &userv1.GetDialogRequest{DialogId: dialog}); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < 4*time.Second || waited > 6*time.Second {
			t.Errorf("waited for %s", waited)
		}
	})
}

func TestADelayBeyondTheDeadlineIsNotWaitedFor(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.Fail("GetDialog", chat3test.RetryAfter(chat3.ReasonRateLimited, time.Minute))
		began := time.Now()
		_, err := alice.GetDialog(t.Context(), &userv1.GetDialogRequest{DialogId: dialog})
		var failure *chat3.Error
		if !errors.As(err, &failure) || failure.RetryDelay != time.Minute || time.Since(began) > time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestWhatNoRepetitionHelpsIsNotRepeated(t *testing.T) {
	reasons := []chat3.Reason{
		chat3.ReasonInvalidField, chat3.ReasonNotAMember, chat3.ReasonAPIKeyInvalid, chat3.ReasonInternal,
		chat3.ReasonTokenExpired, chat3.ReasonIdempotencyKeyReused,
	}
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		for _, reason := range reasons {
			before := len(s.Requests("SendMessage"))
			s.Fail("SendMessage", chat3test.Failure(reason))
			if _, err := alice.Send(t.Context(), dialog, "Hello"); !errors.Is(err, reason) {
				t.Errorf("%s: %v", reason, err)
			}
			if calls := len(s.Requests("SendMessage")) - before; calls != 1 {
				t.Errorf("%s: %d attempts", reason, calls)
			}
		}
	})
}

func TestAFailureOfTheWayThereIsRepeatedWhateverItsStatus(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.Fail("SendMessage", status.Error(codes.Unknown, "a proxy's"), status.Error(codes.Internal, "RST_STREAM"),
			status.Error(codes.Canceled, "RST_STREAM"))
		if _, err := alice.Send(t.Context(), dialog, "Hello"); err != nil {
			t.Error(err)
		}
	})
}

func TestWithoutRetriesACallIsMadeOnce(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		s.Fail("SendMessage", chat3test.Cut())
		once := s.Client(t, "alice", chat3.WithoutRetries())
		if _, err := once.Send(t.Context(), dialog, "Hello"); !errors.Is(err, chat3.ErrUnavailable) {
			t.Error(err)
		}
	})
}

func TestARequestThatCannotBeSentFailsAtOnce(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		began := time.Now()
		if _, err := alice.Send(t.Context(), dialog, "\xff"); err == nil || time.Since(began) > 0 {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func hang(ctx context.Context, _ proto.Message) (proto.Message, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestACallWithoutADeadlineEndsAfterFifteenSeconds(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.Handle("GetDialog", hang)
		began := time.Now()
		_, err := alice.GetDialog(t.Context(), &userv1.GetDialogRequest{DialogId: dialog})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 15*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestAnAttemptThatHangsIsRepeatedWhileTheContextLasts(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.Handle("GetDialog", hang)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go func() {
			time.Sleep(20 * time.Second)
			s.Handle("GetDialog", nil)
		}()
		if _, err := alice.GetDialog(ctx, &userv1.GetDialogRequest{DialogId: dialog}); err != nil {
			t.Error(err)
		}
	})
}

func TestACallEndsWithItsContext(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.Fail("GetDialog", chat3test.RetryAfter(chat3.ReasonOverloaded, 10*time.Second))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		_, err := alice.GetDialog(ctx, &userv1.GetDialogRequest{DialogId: dialog})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, chat3.ReasonOverloaded) || time.Since(began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestRawMetadataIsWithinReach(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.Handle("GetDialog", func(ctx context.Context, _ proto.Message) (proto.Message, error) {
			_ = grpc.SetTrailer(ctx, metadata.Pairs("idempotency-replayed", "true"))
			received, _ := metadata.FromIncomingContext(ctx)
			if received.Get("x-request-id")[0] != "mine" {
				t.Error(received)
			}
			return &userv1.GetDialogResponse{}, nil
		})
		var trailer metadata.MD
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "mine")
		_, err := alice.GetDialog(ctx, &userv1.GetDialogRequest{DialogId: dialog}, grpc.Trailer(&trailer))
		if err != nil || trailer.Get("idempotency-replayed")[0] != "true" {
			t.Error(err, trailer)
		}
	})
}

func TestAFailureIsTyped(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		s.Fail("GetDialog", chat3test.InvalidField("dialog_id", "no dialog id"))
		_, err := alice.GetDialog(t.Context(), &userv1.GetDialogRequest{})
		var failure *chat3.Error
		if !errors.As(err, &failure) {
			t.Fatal(err)
		}
		if failure.Reason != chat3.ReasonInvalidField || failure.RequestID != "request-of-a-test" ||
			failure.Attempts != 1 || len(failure.Fields) != 1 || failure.Fields[0].Field != "dialog_id" {
			t.Errorf("%+v", failure)
		}
		if !errors.Is(err, chat3.ErrInvalid) || errors.Is(err, chat3.ErrNotFound) ||
			errors.Is(err, chat3.ReasonNotAMember) || status.Code(err) != codes.InvalidArgument {
			t.Error(err)
		}
	})
}

func TestEveryReasonOfTheContractHasAName(t *testing.T) {
	for number, name := range userv1.ErrorReason_name {
		if number != 0 && chat3.Reason(name).Code() == codes.Unknown {
			t.Errorf("%s has no constant in reasons.go", name)
		}
	}
}

func TestAClientSaysWhatItLacks(t *testing.T) {
	key := chat3.WithAPIKey("key", "tenant", "user")
	for name, make := range map[string]func() (*chat3.Client, error){
		"no identity":   func() (*chat3.Client, error) { return chat3.NewClient("host:1") },
		"a tenant's":    func() (*chat3.Client, error) { return chat3.NewClient("host:1", chat3.WithTenantKey("k", "t")) },
		"no address":    func() (*chat3.Client, error) { return chat3.NewClient("", key) },
		"a path":        func() (*chat3.Client, error) { return chat3.NewClient("https://host/path", key) },
		"a line break":  func() (*chat3.Client, error) { return chat3.NewClient("host:1", chat3.WithAPIKey("key\n", "t", "u")) },
		"no host":       func() (*chat3.Client, error) { return chat3.NewClient("https://", key) },
		"no time":       func() (*chat3.Client, error) { return chat3.NewClient("host:1", key, chat3.WithCallTimeout(0)) },
		"no source":     func() (*chat3.Client, error) { return chat3.NewClient("host:1", chat3.WithTokenSource(nil)) },
		"no user's key": func() (*chat3.Client, error) { return nil, second(chat3.NewTenantClient("host:1", key)) },
	} {
		if _, err := make(); err == nil {
			t.Error(name)
		}
	}
}

func second[First any](_ First, err error) error { return err }

func TestACallOfAClosedClientFailsAtOnce(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, alice *chat3.Client, dialog string) {
		if err := alice.Close(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := alice.Send(t.Context(), dialog, "Hello"); err == nil || time.Since(began) > 0 {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestNoLoggerIsNone(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		s.Fail("SendMessage", chat3test.Cut())
		if _, err := s.Client(t, "alice", chat3.WithLogger(nil)).Send(t.Context(), dialog, "Hello"); err != nil {
			t.Error(err)
		}
	})
}

func TestABackEndActsForItsUsers(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		back := s.TenantClient(t)
		for _, user := range []string{"alice", "bob"} {
			client := back.User(user)
			message, err := client.Send(t.Context(), dialog, "Hello")
			if err != nil || message.GetSenderId() != user {
				t.Error(user, message, err)
			}
			for event, err := range client.Updates(t.Context(), chat3.UpdatesOptions{}) {
				if _, ok := event.(chat3.Connected); !ok || err != nil {
					t.Error(event, err)
				}
				break
			}
			if err := client.Close(); err != nil { // and the next one works all the same
				t.Error(err)
			}
		}
	})
}
