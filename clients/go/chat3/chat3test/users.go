package chat3test

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chat3/user-service/clients/go/chat3"
	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
)

// RemoveUser lets a user exist no longer: the streams that watch the user tell so, and the user cannot
// be watched. All other users exist.
func (s *Server) RemoveUser(user string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.removed[strings.ToLower(user)] = true
	s.tell()
}

// UpsertUser makes a user, or brings one that was removed back.
func (t *tenantServer) UpsertUser(
	_ context.Context, request *tenantv1.UpsertUserRequest,
) (*tenantv1.UpsertUserResponse, error) {
	t.server.mutex.Lock()
	defer t.server.mutex.Unlock()
	user := strings.ToLower(request.GetUserId())
	created := t.server.removed[user]
	delete(t.server.removed, user)
	return &tenantv1.UpsertUserResponse{Created: created, User: &tenantv1.User{
		UserId: user, Type: request.GetType(), Meta: request.GetMeta(),
	}}, nil
}

// tokenPrefix, a user, a slash and a number are a user token.
const tokenPrefix = "test-token-of-"

// CreateUserToken makes a token that stands for a user. It is not refused when it is old.
func (t *tenantServer) CreateUserToken(
	_ context.Context, request *tenantv1.CreateUserTokenRequest,
) (*tenantv1.CreateUserTokenResponse, error) {
	t.server.mutex.Lock()
	defer t.server.mutex.Unlock()
	user, life := strings.ToLower(request.GetUserId()), request.GetTtl().AsDuration()
	if t.server.removed[user] {
		return nil, Failure(chat3.ReasonUserNotFound)
	}
	return &tenantv1.CreateUserTokenResponse{
		Token:      t.server.newID(tokenPrefix + url.PathEscape(user) + "/"),
		ExpireTime: timestamppb.New(time.Now().Add(cmp.Or(life, time.Hour))),
	}, nil
}
