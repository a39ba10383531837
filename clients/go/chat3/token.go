package chat3

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Token is a user token: whoever has it is the user until it expires.
type Token struct {
	Value string
	// Expires is when the service stops accepting it. The zero time means that this is not known: the
	// token is used until the service refuses it.
	Expires time.Time
}

// TokenSource gets user tokens, commonly from the application's own back end. The client calls it
// when it needs a new token, never twice at once. When the user has to sign in again, return an
// error for which errors.Is finds ErrUnauthenticated: then a stream of updates ends with it,
// whereas it tries again after other errors.
type TokenSource interface {
	Token(ctx context.Context) (Token, error)
}

// TokenSourceFunc is a function as a TokenSource.
type TokenSourceFunc func(ctx context.Context) (Token, error)

// Token calls the function.
func (f TokenSourceFunc) Token(ctx context.Context) (Token, error) { return f(ctx) }

// StaticToken is a TokenSource with one token that is never renewed.
func StaticToken(value string) TokenSource {
	return TokenSourceFunc(func(context.Context) (Token, error) { return Token{Value: value}, nil })
}

// identity says who calls, in the metadata of each call.
type identity interface {
	// metadata returns keys and values, and the user token among them.
	metadata(ctx context.Context) (pairs []string, token string, err error)
	// refused says that the service did not take a user token.
	refused(token string)
	// renews reports whether there can be another user token.
	renews() bool
}

// keyIdentity is an API key.
type keyIdentity []string

func (k keyIdentity) metadata(context.Context) ([]string, string, error) { return k, "", nil }
func (k keyIdentity) refused(string)                                     {}
func (k keyIdentity) renews() bool                                       { return false }

// tokenIdentity is a user token, which is renewed at three quarters of its life and when it was refused.
type tokenIdentity struct {
	source TokenSource
	log    *slog.Logger

	renewing chan struct{} // holds one value: whoever takes it may ask the source
	mutex    sync.Mutex
	current  Token
	renewAt  time.Time
}

func newTokenIdentity(source TokenSource, log *slog.Logger) *tokenIdentity {
	t := &tokenIdentity{source: source, log: log, renewing: make(chan struct{}, 1)}
	t.renewing <- struct{}{}
	return t
}

func (t *tokenIdentity) metadata(ctx context.Context) ([]string, string, error) {
	token, err := t.token(ctx)
	if err != nil {
		return nil, "", err
	}
	return []string{"authorization", "Bearer " + token}, token, nil
}

// token returns the current token, or a new one. Callers that wait together share one renewal.
func (t *tokenIdentity) token(ctx context.Context) (string, error) {
	if current, fresh := t.known(); fresh {
		return current.Value, nil
	}
	select {
	case <-t.renewing:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { t.renewing <- struct{}{} }()
	current, fresh := t.known()
	if fresh {
		return current.Value, nil
	}
	asked := time.Now()
	renewed, err := t.source.Token(ctx)
	if err == nil && !visible(renewed.Value) {
		err = errors.New("the source's token has characters that no token has, such as a line break")
	}
	if err != nil {
		if current.Value != "" && time.Now().Before(current.Expires) {
			t.log.WarnContext(ctx, "chat3: the user token was not renewed", "error", err)
			return current.Value, nil
		}
		return "", fmt.Errorf("chat3: getting a user token: %w", err)
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.current, t.renewAt = renewed, time.Time{}
	if !renewed.Expires.IsZero() {
		t.renewAt = asked.Add(renewed.Expires.Sub(asked) * 3 / 4)
	}
	return renewed.Value, nil
}

// known returns the current token, and whether it need not be renewed.
func (t *tokenIdentity) known() (Token, bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	fresh := t.renewAt.IsZero() || time.Now().Before(t.renewAt)
	return t.current, t.current.Value != "" && fresh
}

// refused forgets a token, unless another has replaced it already.
func (t *tokenIdentity) refused(token string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.current.Value == token {
		t.current = Token{}
	}
}

func (t *tokenIdentity) renews() bool { return true }
