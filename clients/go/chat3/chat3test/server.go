// Package chat3test has a fake of the Chat3 User Service, for tests of programs that use package
// chat3. It runs in the test's process, speaks gRPC over memory, and needs nothing else.
//
// The fake keeps users, dialogs and messages in memory, publishes updates, resumes streams, honours
// idempotency keys, and fails when it is told to. It knows no permissions, validates nothing, and has
// the methods that are listed at [Server]. For everything else there are [Server.Handle] and the
// service itself: `make run` starts it with demo data.
package chat3test

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"github.com/chat3/user-service/clients/go/chat3"
	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// Server is the fake. Of UserService it has GetUserDialogs, GetDialog, GetDialogMessages, GetMessage,
// SendMessage, SendTypingIndicator, GetMyself, ListUpdates and SubscribeUpdates; of TenantService
// UpsertUser, CreateUserToken, WatchUpdates and SubscribeTenantUpdates. It counts no unread messages:
// [Server.Publish] sends counters, as any other update.
type Server struct {
	userv1.UnimplementedUserServiceServer
	tenant tenantServer

	listener *bufconn.Listener

	mutex    sync.Mutex
	changed  chan struct{} // closed and replaced when something happens
	dialogs  map[string]*dialog
	log      []*userv1.Update
	answers  map[string]*userv1.SendMessageResponse // by user and idempotency key
	failures map[string][]error
	handlers map[string]Handler
	requests map[string][]Request
	removed  map[string]bool // users that do not exist
	streams  int
	ids      int

	forgotten  int // the updates before this one are not in the log
	heartbeat  time.Duration
	generation int   // streams of an earlier one end with broken, or are mute
	muted      int   // streams of generations before it are mute
	broken     error // what ends the others
}

// Handler answers the calls of one method.
type Handler func(ctx context.Context, request proto.Message) (proto.Message, error)

// Request is a call as it arrived.
type Request struct {
	Message  proto.Message
	Metadata metadata.MD
}

// NewServer starts a fake that ends with the test.
func NewServer(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		listener: bufconn.Listen(1 << 20),
		changed:  make(chan struct{}),
		dialogs:  map[string]*dialog{},
		answers:  map[string]*userv1.SendMessageResponse{},
		failures: map[string][]error{},
		handlers: map[string]Handler{},
		requests: map[string][]Request{},
		removed:  map[string]bool{},
	}
	s.tenant.server = s
	served := grpc.NewServer(grpc.UnaryInterceptor(s.unary), grpc.StreamInterceptor(s.stream))
	userv1.RegisterUserServiceServer(served, s)
	tenantv1.RegisterTenantServiceServer(served, &s.tenant)
	var serving sync.WaitGroup
	serving.Go(func() { _ = served.Serve(s.listener) })
	t.Cleanup(func() {
		served.Stop()
		serving.Wait()
	})
	return s
}

// Client returns a client that acts for a user. It ends with the test.
func (s *Server) Client(t testing.TB, user string, opts ...chat3.Option) *chat3.Client {
	t.Helper()
	client, err := chat3.NewClient(Address,
		append(append(s.Options(), chat3.WithAPIKey("test-key", "tnt_test", user)), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// TenantClient returns a client of the tenant's back end. It ends with the test.
func (s *Server) TenantClient(t testing.TB, opts ...chat3.Option) *chat3.TenantClient {
	t.Helper()
	client, err := chat3.NewTenantClient(Address,
		append(append(s.Options(), chat3.WithTenantKey("test-key", "tnt_test")), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Address is what a program under test dials, together with [Server.Options].
const Address = "passthrough:///chat3test"

// Options let a program under test make its client of the fake by itself.
func (s *Server) Options() []chat3.Option {
	dialer := func(ctx context.Context, _ string) (net.Conn, error) { return s.listener.DialContext(ctx) }
	return []chat3.Option{
		chat3.WithDialOptions(
			grpc.WithContextDialer(dialer), grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

// Fail lets the next calls of a method, such as "SendMessage", fail, one after the other, before they
// do anything. [Failure] makes such errors. "WatchUpdates" fails to open, "WatchUpdatesRequest" is a
// request on an open stream, which is refused.
func (s *Server) Fail(method string, failures ...error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.failures[method] = append(s.failures[method], failures...)
}

// FailAfter lets the next call of a method do its work and fail all the same, as when its answer is lost.
func (s *Server) FailAfter(method string, failure error) {
	s.Fail(method, afterwards{failure})
}

// Handle answers all calls of a unary method, such as "GetUser", with a function.
func (s *Server) Handle(method string, handler Handler) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.handlers[method] = handler
}

// Requests returns the calls of a method so far, with those that failed.
func (s *Server) Requests(method string) []Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]Request(nil), s.requests[method]...)
}

type afterwards struct{ error }

// called notes a call, and returns how it is to fail and who is to answer it.
func (s *Server) called(ctx context.Context, method string, request proto.Message) (Handler, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	received, _ := metadata.FromIncomingContext(ctx)
	s.requests[method] = append(s.requests[method], Request{request, received})
	failures := s.failures[method]
	if len(failures) == 0 {
		return s.handlers[method], nil
	}
	s.failures[method] = failures[1:]
	return s.handlers[method], failures[0]
}

func (s *Server) unary(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler,
) (any, error) {
	message := request.(proto.Message)
	handler, failure := s.called(ctx, methodOf(info.FullMethod), message)
	after, does := failure.(afterwards)
	if failure != nil && !does {
		return nil, failure
	}
	var answer any
	var err error
	if handler != nil {
		answer, err = handler(ctx, message)
	} else {
		answer, err = next(ctx, request)
	}
	if does {
		return nil, after.error
	}
	return answer, err
}

func (s *Server) stream(
	server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler,
) error {
	if _, failure := s.called(stream.Context(), methodOf(info.FullMethod), nil); failure != nil {
		return failure
	}
	return next(server, stream)
}

func methodOf(full string) string { return full[strings.LastIndex(full, "/")+1:] }

// userOf returns the user that a call acts for, by an API key or by a token of CreateUserToken.
func userOf(ctx context.Context) string {
	received, _ := metadata.FromIncomingContext(ctx)
	escaped := ""
	for _, user := range received.Get("x-user-id") {
		escaped = user
	}
	for _, bearer := range received.Get("authorization") {
		if token, ok := strings.CutPrefix(bearer, "Bearer "+tokenPrefix); ok {
			escaped, _, _ = strings.Cut(token, "/")
		}
	}
	user, _ := url.PathUnescape(escaped)
	return user
}
