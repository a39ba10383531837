package chat3_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/chat3/user-service/clients/go/chat3"
	"github.com/chat3/user-service/clients/go/chat3/chat3test"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// issuer hands out token-1, token-2, … that live for a minute.
type issuer struct {
	mutex   sync.Mutex
	issued  int
	failing error
}

func (i *issuer) Token(context.Context) (chat3.Token, error) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if i.failing != nil {
		return chat3.Token{}, i.failing
	}
	i.issued++
	return chat3.Token{Value: fmt.Sprint("token-", i.issued), Expires: time.Now().Add(time.Minute)}, nil
}

func (i *issuer) fail(err error) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.failing = err
}

func myself(t *testing.T, client *chat3.Client) {
	t.Helper()
	if _, err := client.GetMyself(t.Context(), &userv1.GetMyselfRequest{}); err != nil {
		t.Fatal(err)
	}
}

// bearers are the tokens that the calls of a method came with.
func bearers(s *chat3test.Server, method string) []string {
	var found []string
	for _, request := range s.Requests(method) {
		found = append(found, request.Metadata.Get("authorization")[0])
	}
	return found
}

func TestATokenIsRenewedAtThreeQuartersOfItsLife(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		client := withTokens(t, s, &issuer{})
		myself(t, client)
		time.Sleep(44 * time.Second)
		myself(t, client)
		time.Sleep(2 * time.Second)
		myself(t, client) // does not wait for the token that it asks for
		synctest.Wait()
		myself(t, client)
		want := []string{"Bearer token-1", "Bearer token-1", "Bearer token-1", "Bearer token-2"}
		if found := bearers(s, "GetMyself"); !slices.Equal(found, want) {
			t.Error(found)
		}
		if sent := s.Requests("GetMyself")[0].Metadata; len(sent.Get("x-api-key"))+len(sent.Get("x-user-id")) > 0 {
			t.Errorf("a token goes alone: %v", sent)
		}
	})
}

func withTokens(t *testing.T, s *chat3test.Server, source chat3.TokenSource) *chat3.Client {
	t.Helper()
	client, err := chat3.NewClient(chat3test.Address, append(s.Options(), chat3.WithTokenSource(source))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestATokenThatCannotBeRenewedIsUsedToItsEnd(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		source := &issuer{}
		client := withTokens(t, s, source)
		myself(t, client)
		signedOut := errors.New("signed out")
		source.fail(signedOut)
		time.Sleep(50 * time.Second)
		myself(t, client)
		time.Sleep(11 * time.Second)
		_, err := client.GetMyself(t.Context(), &userv1.GetMyselfRequest{})
		if !errors.Is(err, signedOut) {
			t.Error(err)
		}
	})
}

func TestARefusedTokenIsReplacedOnceAndTheCallKeepsItsKey(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		s.Handle("SendMessage", func(context.Context, proto.Message) (proto.Message, error) {
			return &userv1.SendMessageResponse{}, nil
		})
		client := withTokens(t, s, &issuer{})
		s.Fail("SendMessage", chat3test.Failure(chat3.ReasonTokenRevoked))
		if _, err := client.Send(t.Context(), dialog, "Hello"); err != nil {
			t.Fatal(err)
		}
		found, keys := bearers(s, "SendMessage"), keysOf(s)
		if !slices.Equal(found, []string{"Bearer token-1", "Bearer token-2"}) || keys[0] != keys[1] {
			t.Error(found, keys)
		}
		s.Fail("SendMessage", chat3test.Failure(chat3.ReasonTokenInvalid), chat3test.Failure(chat3.ReasonTokenInvalid))
		if _, err := client.Send(t.Context(), dialog, "Hello"); !errors.Is(err, chat3.ReasonTokenInvalid) {
			t.Error(err)
		}
		if calls := len(keysOf(s)); calls != 4 {
			t.Errorf("%d attempts", calls)
		}
	})
}

func TestCallsThatWaitTogetherShareOneRenewal(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		source := &issuer{}
		client := withTokens(t, s, chat3.TokenSourceFunc(func(ctx context.Context) (chat3.Token, error) {
			time.Sleep(time.Second)
			return source.Token(ctx)
		}))
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() { myself(t, client) })
		}
		calls.Wait()
		if source.issued != 1 {
			t.Errorf("%d tokens", source.issued)
		}
	})
}

func TestAStreamGoesOnWithAFreshToken(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		client := withTokens(t, s, &issuer{})
		connections := 0
		for event, err := range client.Updates(t.Context(), chat3.UpdatesOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			if connected, ok := event.(chat3.Connected); ok {
				if connections++; connections == 2 {
					if connected.Outcome != userv1.ResumeOutcome_RESUME_OUTCOME_RESUMED {
						t.Error(connected.Outcome)
					}
					break
				}
				s.Break(chat3test.Failure(chat3.ReasonTokenExpired))
			}
		}
		want := []string{"Bearer token-1", "Bearer token-2"}
		if found := bearers(s, "SubscribeUpdates"); !slices.Equal(found, want) {
			t.Error(found)
		}
	})
}

func TestAStreamEndsWhenAFreshTokenIsRefusedToo(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		client := withTokens(t, s, &issuer{})
		refused := chat3test.Failure(chat3.ReasonTokenRevoked)
		s.Fail("SubscribeUpdates", refused, refused, refused)
		if err := endOf(client.Updates(t.Context(), chat3.UpdatesOptions{})); !errors.Is(err, chat3.ReasonTokenRevoked) {
			t.Error(err)
		}
		if calls := len(s.Requests("SubscribeUpdates")); calls != 2 {
			t.Errorf("%d attempts", calls)
		}
	})
}

func TestAStreamOutlivesASourceThatFailsAndEndsWhenItsUserHasToSignIn(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		source := &issuer{failing: errors.New("the back end is away")}
		client := withTokens(t, s, source)
		disconnected := 0
		for event, err := range client.Updates(t.Context(), chat3.UpdatesOptions{}) {
			switch event.(type) {
			case chat3.Disconnected:
				if disconnected++; disconnected == 2 {
					source.fail(fmt.Errorf("sign in again: %w", chat3.ErrUnauthenticated))
				}
			default:
				if disconnected != 2 || !errors.Is(err, chat3.ErrUnauthenticated) {
					t.Errorf("%v, %v after %d", event, err, disconnected)
				}
			}
		}
	})
}

func TestATokenThatCannotTravelIsRefusedAtOnce(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		began := time.Now()
		_, err := withTokens(t, s, chat3.StaticToken("token\n")).GetMyself(t.Context(), &userv1.GetMyselfRequest{})
		if err == nil || time.Since(began) > 0 || len(s.Requests("GetMyself")) > 0 {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestASourceThatHangsDelaysNoCallWhileTheTokenIsValid(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		var asked atomic.Int64
		source := &issuer{}
		client := withTokens(t, s, chat3.TokenSourceFunc(func(ctx context.Context) (chat3.Token, error) {
			if asked.Add(1) > 1 {
				<-ctx.Done()
				return chat3.Token{}, ctx.Err()
			}
			return source.Token(ctx)
		}))
		myself(t, client)
		time.Sleep(46 * time.Second)
		began := time.Now()
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() { myself(t, client) })
		}
		calls.Wait()
		if waited, count := time.Since(began), asked.Load(); waited > 0 || count > 2 {
			t.Errorf("waited for %s, asked %d times", waited, count)
		}
	})
}

func TestASourceThatFailsIsNotAskedByEachCall(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		var asked atomic.Int64
		source := &issuer{}
		client := withTokens(t, s, chat3.TokenSourceFunc(func(ctx context.Context) (chat3.Token, error) {
			asked.Add(1)
			return source.Token(ctx)
		}))
		myself(t, client)
		source.fail(errors.New("the back end is away"))
		time.Sleep(46 * time.Second)
		for range 100 {
			myself(t, client)
			time.Sleep(100 * time.Millisecond)
		}
		if count := asked.Load(); count < 3 || count > 12 {
			t.Errorf("asked %d times in 10 seconds", count)
		}
	})
}

func TestACallThatGivesUpLeavesTheRenewalToTheOthers(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		source := &issuer{}
		client := withTokens(t, s, chat3.TokenSourceFunc(func(ctx context.Context) (chat3.Token, error) {
			select {
			case <-time.After(10 * time.Second):
				return source.Token(ctx)
			case <-ctx.Done():
				return chat3.Token{}, ctx.Err()
			}
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := client.GetMyself(ctx, &userv1.GetMyselfRequest{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		myself(t, client)
		if source.issued != 1 || time.Since(began) != 10*time.Second {
			t.Errorf("%d tokens after %s", source.issued, time.Since(began))
		}
	})
}

func TestATokenThatExpiredByTheClockHereIsUsedUntilItIsRefused(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, _ string) {
		issued := 0
		client := withTokens(t, s, chat3.TokenSourceFunc(func(context.Context) (chat3.Token, error) {
			issued++
			return chat3.Token{Value: fmt.Sprint("token-", issued), Expires: time.Now().Add(-time.Hour)}, nil
		}))
		myself(t, client)
		myself(t, client)
		if issued != 1 {
			t.Errorf("%d tokens for two calls", issued)
		}
		s.Fail("GetMyself", chat3test.Failure(chat3.ReasonTokenExpired))
		myself(t, client)
		if issued != 2 {
			t.Errorf("%d tokens after a refusal", issued)
		}
	})
}

func TestATokenOfTheBackEndStandsForItsUser(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		client := withTokens(t, s, s.TenantClient(t).UserTokens("Alice", time.Minute))
		message, err := client.Send(t.Context(), dialog, "Hello")
		if err != nil || message.GetSenderId() != "alice" {
			t.Error(message, err)
		}
		for range 3 {
			time.Sleep(time.Minute)
			myself(t, client)
		}
		if tokens := len(s.Requests("CreateUserToken")); tokens != 4 {
			t.Errorf("%d tokens", tokens)
		}
	})
}
