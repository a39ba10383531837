//go:build live

// Package live tests the library against a service that runs: CHAT3_ADDRESS, CHAT3_TENANT and
// CHAT3_API_KEY say where. tests/clients/test_go_library.py starts one and runs it.
package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/chat3/user-service/clients/go/chat3"
	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
)

// chance is the test's own: CHAT3_SEED plays a run again.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("CHAT3_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("CHAT3_SEED=%d plays this again", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func needed(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set", name)
	}
	return value
}

// cutter makes connections and cuts them.
type cutter struct {
	mutex sync.Mutex
	made  []net.Conn
}

func (c *cutter) option() chat3.Option {
	return chat3.WithDialOptions(grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
		made, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			c.mutex.Lock()
			defer c.mutex.Unlock()
			c.made = append(c.made, made)
		}
		return made, err
	}))
}

// cut cuts all connections, and returns how many there were.
func (c *cutter) cut() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, made := range c.made {
		_ = made.Close()
	}
	cut := len(c.made)
	c.made = nil
	return cut
}

func tenantClient(t *testing.T, options ...chat3.Option) *chat3.TenantClient {
	t.Helper()
	client, err := chat3.NewTenantClient(needed(t, "CHAT3_ADDRESS"), append(options, chat3.WithPlaintext(),
		chat3.WithTenantKey(needed(t, "CHAT3_API_KEY"), needed(t, "CHAT3_TENANT")))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func userClient(t *testing.T, user string, options ...chat3.Option) *chat3.Client {
	t.Helper()
	client, err := chat3.NewClient(needed(t, "CHAT3_ADDRESS"), append(options, chat3.WithPlaintext(),
		chat3.WithAPIKey(needed(t, "CHAT3_API_KEY"), needed(t, "CHAT3_TENANT"), user))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// people makes users that no other test has.
func people(t *testing.T, names ...string) []string {
	t.Helper()
	back := tenantClient(t)
	for index, name := range names {
		names[index] = fmt.Sprintf("%s-%d", name, rand.Uint32())
		_, err := back.UpsertUser(t.Context(), &tenantv1.UpsertUserRequest{UserId: names[index], Type: "user"})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// eventually waits until a check finds nothing wrong.
func eventually(t *testing.T, check func() string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		wrong := check()
		if wrong == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(wrong)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
