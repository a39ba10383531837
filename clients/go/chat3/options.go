package chat3

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

const (
	defaultCallTimeout = 15 * time.Second
	largestResponse    = 64 << 20

	spread = `{"loadBalancingConfig": [{"pick_first": {"shuffleAddressList": true}}]}`
)

// Option changes how a client is made.
type Option func(*options)

type options struct {
	identity    func(options) identity
	sent        []string // values that travel in metadata as they are
	tenantOnly  bool
	security    credentials.TransportCredentials
	callTimeout time.Duration
	noRetries   bool
	log         *slog.Logger
	dial        []grpc.DialOption
}

// WithAPIKey lets a [Client] act for a user by an API key. Such a key can act as anybody: it belongs
// into back ends, never into an app on somebody's device.
func WithAPIKey(key, tenant, user string) Option {
	return func(o *options) {
		o.tenantOnly, o.sent = false, []string{key, tenant}
		o.identity = func(options) identity {
			return keyIdentity{"x-api-key", key, "x-tenant-id", tenant, "x-user-id", url.PathEscape(user)}
		}
	}
}

// WithTenantKey is the identity of a [TenantClient]: an API key, and the tenant that it works in.
func WithTenantKey(key, tenant string) Option {
	return func(o *options) {
		o.tenantOnly, o.sent = true, []string{key, tenant}
		o.identity = func(options) identity {
			return keyIdentity{"x-api-key", key, "x-tenant-id", tenant}
		}
	}
}

// WithTokenSource lets a [Client] act for the user that the source's tokens stand for. A token is
// renewed at three quarters of its life; one that the service refuses is replaced, once for a call.
func WithTokenSource(source TokenSource) Option {
	return func(o *options) {
		o.tenantOnly, o.identity = false, nil
		if source != nil {
			o.identity = func(o options) identity {
				return &tokenIdentity{source: source, timeout: o.callTimeout, log: o.log}
			}
		}
	}
}

// WithTLS sets how TLS is used. Without it TLS trusts the system's authorities.
func WithTLS(config *tls.Config) Option {
	return func(o *options) { o.security = credentials.NewTLS(config) }
}

// WithPlaintext connects without TLS: for tests, and for proxies on the same machine that add it.
func WithPlaintext() Option {
	return func(o *options) { o.security = insecure.NewCredentials() }
}

// WithCallTimeout sets how long one attempt may take, and how long a whole call may take whose context
// has no deadline. The default is 15 seconds.
func WithCallTimeout(timeout time.Duration) Option {
	return func(o *options) { o.callTimeout = timeout }
}

// WithoutRetries makes each call once: for applications that repeat calls by themselves. They have
// to set idempotency keys then.
func WithoutRetries() Option {
	return func(o *options) { o.noRetries = true }
}

// WithLogger logs repetitions and reconnections. By default, and with nil, nothing is logged. Keys,
// tokens and what people write are never logged.
func WithLogger(log *slog.Logger) Option {
	return func(o *options) { o.log = cmp.Or(log, discarded) }
}

var discarded = slog.New(slog.DiscardHandler)

// WithDialOptions adds options of gRPC, such as interceptors, which see each attempt, and a
// stats handler for OpenTelemetry: grpc.WithStatsHandler(otelgrpc.NewClientHandler()).
func WithDialOptions(dial ...grpc.DialOption) Option {
	return func(o *options) { o.dial = append(o.dial, dial...) }
}

// newOptions applies options to the defaults, and returns the target to dial as gRPC names it.
func newOptions(address string, tenantOnly bool, changes []Option) (options, string, error) {
	o := options{callTimeout: defaultCallTimeout, log: discarded}
	for _, change := range changes {
		change(&o)
	}
	switch {
	case o.identity == nil && tenantOnly:
		return o, "", errors.New("chat3: NewTenantClient needs WithTenantKey")
	case o.identity == nil:
		return o, "", errors.New("chat3: NewClient needs WithAPIKey or WithTokenSource")
	case o.tenantOnly != tenantOnly && tenantOnly:
		return o, "", errors.New("chat3: a TenantClient acts for nobody: use WithTenantKey")
	case o.tenantOnly != tenantOnly:
		return o, "", errors.New("chat3: a Client acts for a user: use WithAPIKey or WithTokenSource")
	}
	if o.callTimeout <= 0 {
		return o, "", fmt.Errorf("chat3: a call cannot end within %s: see WithCallTimeout", o.callTimeout)
	}
	for _, value := range o.sent {
		if !visible(value) {
			return o, "", errors.New("chat3: the API key and the tenant are visible ASCII characters; " +
				"a key that was read from a file may end with a line break")
		}
	}
	target, plaintext, err := targetOf(address)
	if err != nil {
		return o, "", err
	}
	if o.security == nil && plaintext {
		o.security = insecure.NewCredentials()
	}
	if o.security == nil {
		o.security = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	return o, target, nil
}

// visible reports whether a text can travel in metadata. gRPC refuses other texts in each call, with a
// failure like that of a broken connection.
func visible(text string) bool {
	return text != "" && strings.IndexFunc(text, func(each rune) bool { return each < '!' || each > '~' }) < 0
}

// targetOf takes host:port, a URL with http or https, or a target in gRPC's own form, such as
// dns:///host:port. It reports whether the address asks for plaintext.
func targetOf(address string) (target string, plaintext bool, err error) {
	if address == "" {
		return "", false, errors.New("chat3: the address is empty")
	}
	scheme, _, found := strings.Cut(address, "://")
	if !found || scheme != "http" && scheme != "https" {
		return address, false, nil
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" {
		return "", false, fmt.Errorf("chat3: %q is no address", address)
	}
	if path := strings.Trim(parsed.Path, "/"); path != "" || parsed.RawQuery != "" {
		return "", false, fmt.Errorf("chat3: the address %q has a path, which gRPC does not use", address)
	}
	plaintext = scheme == "http"
	if parsed.Port() != "" {
		return parsed.Host, plaintext, nil
	}
	if plaintext {
		return parsed.Host + ":80", true, nil
	}
	return parsed.Host + ":443", false, nil
}

// dialOptions are gRPC's options of each connection. Those of the application come last and win.
func (o options) dialOptions() []grpc.DialOption {
	return append([]grpc.DialOption{
		grpc.WithTransportCredentials(o.security),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largestResponse)),
		// A connection that is dead is found within half a minute, and within the timeout where the system
		// knows TCP_USER_TIMEOUT. Servers of gRPC refuse more than two pings between two heartbeats.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 20 * time.Second, Timeout: 10 * time.Second,
		}),
		// A stream has a connection of its own: those of one name spread over its addresses.
		grpc.WithDefaultServiceConfig(spread),
		// Delays between attempts are the library's own: gRPC's grow to two minutes.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: grpcbackoff.Config{
				BaseDelay: firstDelay, Multiplier: 1.6, Jitter: 0.4, MaxDelay: 5 * time.Second,
			},
			MinConnectTimeout: 5 * time.Second,
		}),
	}, o.dial...)
}
