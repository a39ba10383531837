package chat3

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// conn is what the generated clients call through. It adds to each call what every client of the
// service does: identity, a deadline, an idempotency key, repetitions, and typed failures.
type conn struct {
	options  options
	target   string
	identity identity
	grpc     *grpc.ClientConn
	hurried  *atomic.Int64 // when hurry last did something, in nanoseconds
	shared   bool          // whether grpc belongs to another conn
}

func newConn(address string, tenantOnly bool, changes []Option) (*conn, error) {
	o, target, err := newOptions(address, tenantOnly, changes)
	if err != nil {
		return nil, err
	}
	c := &conn{options: o, target: target, identity: o.identity(o), hurried: &atomic.Int64{}}
	c.grpc, err = grpc.NewClient(target, o.dialOptions()...)
	return c, err
}

// another returns a connection of its own to the same service, with the same identity. A stream has
// one, so that a new stream never depends on the connection that the old one was lost with.
func (c *conn) another() (*conn, error) {
	dialled, err := grpc.NewClient(c.target, c.options.dialOptions()...)
	return &conn{
		options: c.options, target: c.target, identity: c.identity, grpc: dialled, hurried: &atomic.Int64{},
	}, err
}

// as is the same connection for somebody else.
func (c *conn) as(caller identity) *conn {
	return &conn{
		options: c.options, target: c.target, identity: caller, grpc: c.grpc, hurried: c.hurried, shared: true,
	}
}

func (c *conn) close() error {
	if c.shared {
		return nil
	}
	return c.grpc.Close()
}

// Invoke makes a unary call. It repeats the call until it succeeds, fails for good, or ctx ends.
func (c *conn) Invoke(
	ctx context.Context, method string, request, response any, opts ...grpc.CallOption,
) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.options.callTimeout)
		defer cancel()
	}
	request, hasKey := keyed(request)
	repeatable := !c.options.noRetries && (hasKey || idempotent(method))
	waits, renewed := backoff{longest: longestDelayOfCall}, false
	for attempt := 1; ; attempt++ {
		token, err := c.attempt(ctx, method, request, response, opts)
		failure, ok := err.(*Error)
		if !ok {
			return err // nil, or why there is no user token
		}
		failure.Attempts = attempt
		if tokenReasons[failure.Reason] && !renewed && c.identity.renews() {
			c.identity.refused(token)
			renewed = true
			continue
		}
		delay := waits.next(failure.RetryDelay)
		if !repeatable || !c.passes(failure) || !encodes(request) || ends(ctx, delay) {
			return failure
		}
		c.options.log.LogAttrs(ctx, slog.LevelInfo, "chat3: a call is repeated",
			slog.String("method", method), slog.Int("attempt", attempt), slog.Duration("delay", delay),
			slog.String("reason", reasonOf(failure)), slog.String("request_id", failure.RequestID))
		if failure.ended = pause(ctx, delay); failure.ended != nil {
			return failure
		}
		c.hurry()
	}
}

// passes reports whether another attempt can succeed. Proxies that are restarted cancel calls; so does
// a client that was closed.
func (c *conn) passes(failure *Error) bool {
	if failure.Reason == "" && failure.Code == codes.Canceled {
		return c.grpc.GetState() != connectivity.Shutdown
	}
	return failure.Temporary() && !failure.misconfigured()
}

// hurry lets gRPC connect now, if it waits before it connects. Many calls that are repeated at once do
// not make it connect more often.
func (c *conn) hurry() {
	now, last := time.Now().UnixNano(), c.hurried.Load()
	if now-last >= int64(firstDelay) && c.hurried.CompareAndSwap(last, now) {
		c.grpc.ResetConnectBackoff()
	}
}

// attempt makes a call once. It returns the user token that it was made with.
func (c *conn) attempt(
	ctx context.Context, method string, request, response any, opts []grpc.CallOption,
) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.callTimeout)
	defer cancel()
	pairs, token, err := c.identity.metadata(ctx)
	if err != nil {
		return "", err
	}
	var trailer metadata.MD
	opts = append(opts[:len(opts):len(opts)], grpc.Trailer(&trailer))
	ctx = metadata.AppendToOutgoingContext(ctx, pairs...)
	err = c.grpc.Invoke(ctx, method, request, response, opts...)
	return token, failureOf(err, trailer)
}

// NewStream opens a stream, once and without a deadline.
func (c *conn) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	pairs, token, err := c.identity.metadata(ctx)
	if err != nil {
		return nil, err
	}
	opened, err := c.grpc.NewStream(metadata.AppendToOutgoingContext(ctx, pairs...), desc, method, opts...)
	if err != nil {
		return nil, failureOf(err, nil)
	}
	return &stream{opened, c.identity, token}, nil
}

// stream is an open stream whose failures are typed. A user token that it was refused for is
// forgotten: the next stream has another.
type stream struct {
	grpc.ClientStream
	identity identity
	token    string
}

func (s *stream) RecvMsg(message any) error {
	err := s.ClientStream.RecvMsg(message)
	if err == nil {
		return nil
	}
	err = failureOf(err, s.Trailer())
	var failure *Error
	if errors.As(err, &failure) && tokenReasons[failure.Reason] {
		s.identity.refused(s.token)
	}
	return err
}

func (s *stream) SendMsg(message any) error { return failureOf(s.ClientStream.SendMsg(message), nil) }

// keyed gives a request an idempotency key if it takes one and has none, in a copy: the request stays
// the caller's, who can use it for another call. It reports whether there is a key.
func keyed(request any) (any, bool) {
	message, ok := request.(proto.Message)
	if !ok {
		return request, false
	}
	field := message.ProtoReflect().Descriptor().Fields().ByName("idempotency_key")
	if field == nil {
		return request, false
	}
	if message.ProtoReflect().Has(field) {
		return request, true
	}
	copied := proto.Clone(message)
	copied.ProtoReflect().Set(field, protoreflect.ValueOfString(rand.Text()))
	return copied, true
}

// idempotent reports whether the contract says that a method can be repeated. A method that it does
// not know cannot.
func idempotent(method string) bool {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return false
	}
	declared, ok := found.Options().(*descriptorpb.MethodOptions)
	return ok && declared.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
}

// encodes reports whether a request can be sent at all. One that cannot, because it has text that is
// no UTF-8, fails like a broken connection.
func encodes(request any) bool {
	message, ok := request.(proto.Message)
	if !ok {
		return true
	}
	_, err := proto.Marshal(message)
	return err == nil
}

func reasonOf(failure *Error) string {
	if failure.Reason != "" {
		return string(failure.Reason)
	}
	return failure.Code.String()
}
