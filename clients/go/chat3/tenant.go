package chat3

import (
	"context"
	"iter"
	"net/url"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// TenantClient is a tenant's back end: it sees the whole tenant and acts for nobody. It has all
// methods of TenantService, and is safe for concurrent use.
type TenantClient struct {
	tenantv1.TenantServiceClient
	conn *conn
}

// NewTenantClient makes a client, as [NewClient] does. WithTenantKey says which tenant it works in.
func NewTenantClient(address string, opts ...Option) (*TenantClient, error) {
	c, err := newConn(address, true, opts)
	if err != nil {
		return nil, err
	}
	return &TenantClient{tenantv1.NewTenantServiceClient(c), c}, nil
}

// Close ends the client's connection. Streams of updates have connections of their own.
func (c *TenantClient) Close() error {
	c.conn.identity.close()
	return c.conn.close()
}

// User returns a client that acts for a user of the tenant, with this client's key and on its connection.
// It costs nothing, and need not be closed: back ends that act for many users use it.
func (c *TenantClient) User(userID string) *Client {
	key := c.conn.identity.(keyIdentity)
	as := c.conn.as(append(key[:len(key):len(key)], "x-user-id", url.PathEscape(userID)))
	return &Client{userv1.NewUserServiceClient(as), as}
}

// Updates streams the updates of all users of the tenant, as [Client.Updates] does those of one user.
// Update.UserId says whose update it is.
func (c *TenantClient) Updates(ctx context.Context, opts UpdatesOptions) iter.Seq2[Event, error] {
	return newSubscription(c.conn, opts, openTenantStream).events(ctx)
}

// UserTokens is a source of tokens of one user that live for ttl, 60 seconds to a day. A back end
// hands such tokens to its apps; tests give the source to [WithTokenSource].
func (c *TenantClient) UserTokens(userID string, ttl time.Duration) TokenSource {
	return TokenSourceFunc(func(ctx context.Context) (Token, error) {
		response, err := c.CreateUserToken(ctx,
			&tenantv1.CreateUserTokenRequest{UserId: userID, Ttl: durationpb.New(ttl)})
		if err != nil {
			return Token{}, err
		}
		return Token{response.GetToken(), response.GetExpireTime().AsTime()}, nil
	})
}
