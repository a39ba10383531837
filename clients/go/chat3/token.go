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
// when it needs a new token, never twice at once, and with a context that ends after the client's call
// timeout. It calls it beside other calls as long as the old token is valid; a source that fails or
// hangs meanwhile delays no call. Without a valid token a call fails with the source's error, and a
// stream of updates tries again. When the user has to sign in again, return an error for which
// errors.Is finds ErrUnauthenticated: then a stream ends with it.
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
	// close ends what runs beside calls. Streams that are open need the identity still.
	close()
}

// keyIdentity is an API key.
type keyIdentity []string

func (k keyIdentity) metadata(context.Context) ([]string, string, error) { return k, "", nil }
func (k keyIdentity) refused(string)                                     {}
func (k keyIdentity) renews() bool                                       { return false }
func (k keyIdentity) close()                                             {}

// tokenIdentity is a user token, which is renewed at three quarters of its life and when it was refused.
type tokenIdentity struct {
	source  TokenSource
	timeout time.Duration // of a renewal
	log     *slog.Logger

	mutex   sync.Mutex
	current Token
	renewAt time.Time // zero when only a refusal renews the token
	renewal *renewal  // the one that is on its way
	waits   backoff   // of renewals that fail while the token is valid
}

// renewal is one request to the source. Callers that need its token share it.
type renewal struct {
	cancel context.CancelFunc

	done  chan struct{}
	token Token // once done is closed, as err
	err   error
}

func (t *tokenIdentity) metadata(ctx context.Context) ([]string, string, error) {
	token, err := t.token(ctx)
	if err != nil {
		return nil, "", err
	}
	return []string{"authorization", "Bearer " + token}, token, nil
}

// token returns the current token while it is valid, and waits for another one otherwise.
func (t *tokenIdentity) token(ctx context.Context) (string, error) {
	current, pending := t.known(ctx)
	if pending == nil {
		return current, nil
	}
	select {
	case <-pending.done:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if pending.err != nil {
		return "", fmt.Errorf("chat3: getting a user token: %w", pending.err)
	}
	return pending.token.Value, nil
}

// known returns the current token if it is valid, or the renewal to wait for. It begins a renewal when
// it is time for one.
func (t *tokenIdentity) known(ctx context.Context) (string, *renewal) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	now := time.Now()
	valid := t.current.Value != "" && (t.current.Expires.IsZero() || now.Before(t.current.Expires))
	if valid && (t.renewAt.IsZero() || now.Before(t.renewAt)) {
		return t.current.Value, nil
	}
	if t.renewal == nil {
		// The caller may give up; others wait for the same token.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.timeout)
		t.renewal = &renewal{cancel: cancel, done: make(chan struct{})}
		go t.renew(ctx, t.renewal)
	}
	if valid {
		return t.current.Value, nil
	}
	return "", t.renewal
}

// renew asks the source.
func (t *tokenIdentity) renew(ctx context.Context, r *renewal) {
	defer r.cancel()
	asked := time.Now()
	token, err := t.source.Token(ctx)
	if err == nil && !visible(token.Value) {
		err = errors.New("the source's token has characters that no token has, such as a line break")
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.renewal = nil
	r.token, r.err = token, err
	close(r.done)
	if err != nil {
		t.log.WarnContext(ctx, "chat3: the user token was not renewed", "error", err)
		t.renewAt = time.Now().Add(t.waits.next(0))
		return
	}
	t.waits.reset()
	t.current, t.renewAt = token, time.Time{}
	switch life := token.Expires.Sub(asked); {
	case token.Expires.IsZero():
	case life <= 0:
		// The clock here is not that of the service. A refusal will renew the token.
		t.log.WarnContext(ctx, "chat3: the user token expired before it came", "expires", token.Expires)
		t.current.Expires = time.Time{}
	default:
		t.renewAt = asked.Add(life * 3 / 4)
	}
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

func (t *tokenIdentity) close() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.renewal != nil {
		t.renewal.cancel()
	}
}
