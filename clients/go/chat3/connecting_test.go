package chat3_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/test/bufconn"

	"github.com/chat3/user-service/clients/go/chat3"
	"github.com/chat3/user-service/clients/go/chat3/chat3test"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

type nobody struct {
	userv1.UnimplementedUserServiceServer
}

func (nobody) GetMyself(context.Context, *userv1.GetMyselfRequest) (*userv1.GetMyselfResponse, error) {
	return &userv1.GetMyselfResponse{}, nil
}

// listen serves on a port of the loopback interface, and returns its address.
func listen(t *testing.T, options ...grpc.ServerOption) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(options...)
	userv1.RegisterUserServiceServer(server, nobody{})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

func ask(t *testing.T, address string, options ...chat3.Option) error {
	t.Helper()
	client, err := chat3.NewClient(address, append(options, chat3.WithAPIKey("key", "tenant", "alice"))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = client.GetMyself(ctx, &userv1.GetMyselfRequest{})
	return err
}

func TestTheAddressSaysWhetherTLSIsUsed(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(certified.Certificate())
	trusting := chat3.WithTLS(&tls.Config{RootCAs: trusted})
	plain := listen(t)
	secured := listen(t, grpc.Creds(credentials.NewServerTLSFromCert(&certified.TLS.Certificates[0])))
	for name, err := range map[string]error{
		"http":                    ask(t, "http://"+plain),
		"an option for plaintext": ask(t, plain, chat3.WithPlaintext()),
		"https":                   ask(t, "https://"+secured, trusting),
		"TLS by default":          ask(t, secured, trusting),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := ask(t, "http://"+secured, chat3.WithoutRetries()); !errors.Is(err, chat3.ErrUnavailable) {
		t.Errorf("plaintext to TLS: %v", err)
	}
}

// http1 is a port without TLS that says so.
func http1(t *testing.T) string {
	t.Helper()
	served := httptest.NewServer(nil)
	t.Cleanup(served.Close)
	return served.Listener.Addr().String()
}

func TestAWrongSettingOfTLSIsToldAtOnce(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	secured := listen(t, grpc.Creds(credentials.NewServerTLSFromCert(&certified.TLS.Certificates[0])))
	for name, address := range map[string]string{"TLS to a plaintext port": http1(t), "an unknown authority": secured} {
		client, err := chat3.NewClient(address, chat3.WithAPIKey("key", "tenant", "alice"))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		var failure *chat3.Error
		_, err = client.GetMyself(t.Context(), &userv1.GetMyselfRequest{})
		if !errors.As(err, &failure) || failure.Code != codes.Unavailable || failure.Attempts != 1 {
			t.Errorf("%s: a call: %v", name, err)
		}
		for event, err := range client.Updates(t.Context(), chat3.UpdatesOptions{}) {
			if !errors.Is(err, chat3.ErrUnavailable) {
				t.Errorf("%s: a stream: %v, %v", name, event, err)
			}
			break
		}
	}
}

func TestAStreamSaysWhatAnswersInPlaceOfTheService(t *testing.T) {
	certified := httptest.NewUnstartedServer(nil)
	certified.Config.ErrorLog = log.New(io.Discard, "", 0)
	certified.StartTLS()
	defer certified.Close()
	for name, address := range map[string]string{
		"a web server": http1(t), "a port with TLS": certified.Listener.Addr().String(), "who hangs up": hangsUp(t),
	} {
		client, err := chat3.NewClient("http://"+address, chat3.WithAPIKey("key", "tenant", "alice"))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		for event, err := range client.Updates(t.Context(), chat3.UpdatesOptions{}) {
			lost, ok := event.(chat3.Disconnected)
			if err != nil || !ok || !errors.Is(lost.Err, chat3.ErrUnavailable) {
				t.Errorf("%s: %v, %v", name, event, err)
				break
			}
			if lost.Failures == 2 {
				break
			}
		}
	}
}

// hangsUp accepts connections and closes them, as a proxy does without a service behind it.
func hangsUp(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			accepted, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Close()
		}
	}()
	return listener.Addr().String()
}

func TestCallsThatAreRepeatedTogetherDoNotMakeTheClientConnectMoreOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialled atomic.Int64
		refuse := func(context.Context, string) (net.Conn, error) {
			dialled.Add(1)
			return nil, errors.New("connection refused")
		}
		client, err := chat3.NewClient(chat3test.Address, chat3.WithAPIKey("key", "tenant", "alice"),
			chat3.WithPlaintext(), chat3.WithDialOptions(grpc.WithContextDialer(refuse)))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		var calls sync.WaitGroup
		for range 200 {
			calls.Go(func() { _, _ = client.GetMyself(t.Context(), &userv1.GetMyselfRequest{}) })
		}
		calls.Wait()
		if count := dialled.Load(); count < 3 || count > 100 {
			t.Errorf("connected %d times in 15 seconds", count)
		}
	})
}

func TestStreamsSpreadOverTheAddressesOfTheService(t *testing.T) {
	addresses := manual.NewBuilderWithScheme("several")
	first, second := listen(t), listen(t)
	addresses.InitialState(resolver.State{Endpoints: []resolver.Endpoint{
		{Addresses: []resolver.Address{{Addr: first}}}, {Addresses: []resolver.Address{{Addr: second}}},
	}})
	reached := map[string]bool{}
	for range 50 { // one in 2^49 runs finds one of them only
		client, err := chat3.NewClient("several:///service", chat3.WithAPIKey("key", "tenant", "alice"),
			chat3.WithPlaintext(), chat3.WithDialOptions(grpc.WithResolvers(addresses)))
		if err != nil {
			t.Fatal(err)
		}
		var at peer.Peer
		if _, err := client.GetMyself(t.Context(), &userv1.GetMyselfRequest{}, grpc.Peer(&at)); err != nil {
			t.Fatal(err)
		}
		_ = client.Close()
		reached[at.Addr.String()] = true
		if len(reached) == 2 {
			return
		}
	}
	t.Errorf("only %v", reached)
}

// muffled is a connection that can die without a word: what is written is lost.
type muffled struct {
	net.Conn
	dead *atomic.Bool
}

func (m muffled) Write(data []byte) (int, error) {
	if m.dead.Load() {
		return len(data), nil
	}
	return m.Conn.Write(data)
}

func TestACallOutlivesADeadConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := bufconn.Listen(1 << 16)
		server := grpc.NewServer()
		userv1.RegisterUserServiceServer(server, nobody{})
		go func() { _ = server.Serve(listener) }()
		defer server.Stop()
		var made []*atomic.Bool
		dial := func(ctx context.Context, _ string) (net.Conn, error) {
			opened, err := listener.DialContext(ctx)
			made = append(made, &atomic.Bool{})
			return muffled{opened, made[len(made)-1]}, err
		}
		client, err := chat3.NewClient(chat3test.Address, chat3.WithAPIKey("key", "tenant", "alice"),
			chat3.WithPlaintext(), chat3.WithDialOptions(grpc.WithContextDialer(dial)))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		myself(t, client)
		made[0].Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if _, err := client.GetMyself(ctx, &userv1.GetMyselfRequest{}); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited > 32*time.Second || len(made) != 2 {
			t.Errorf("waited for %s, %d connections", waited, len(made))
		}
	})
}

func TestUsersOfABackEndShareItsConnection(t *testing.T) {
	back, err := chat3.NewTenantClient("http://"+listen(t), chat3.WithTenantKey("key", "tenant"))
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	connections := map[string]bool{}
	for _, user := range []string{"alice", "bob"} {
		var at peer.Peer
		if _, err := back.User(user).GetMyself(t.Context(), &userv1.GetMyselfRequest{}, grpc.Peer(&at)); err != nil {
			t.Fatal(err)
		}
		connections[at.LocalAddr.String()] = true
	}
	if len(connections) != 1 {
		t.Error(connections)
	}
}

func TestRepetitionsAreLoggedWithoutSecrets(t *testing.T) {
	world(t, func(t *testing.T, s *chat3test.Server, _ *chat3.Client, dialog string) {
		var lines bytes.Buffer
		client := s.Client(t, "alice", chat3.WithLogger(slog.New(slog.NewTextHandler(&lines, nil))))
		s.Fail("SendMessage", chat3test.RetryAfter(chat3.ReasonOverloaded, time.Second))
		if _, err := client.Send(t.Context(), dialog, "a secret"); err != nil {
			t.Fatal(err)
		}
		told := lines.String()
		if !strings.Contains(told, "SendMessage") || !strings.Contains(told, string(chat3.ReasonOverloaded)) ||
			strings.Contains(told, "a secret") || strings.Contains(told, "test-key") {
			t.Error(told)
		}
	})
}
