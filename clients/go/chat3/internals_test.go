package chat3

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

func TestEveryUnaryMethodCanBeRepeatedAndAnUnknownOneCannot(t *testing.T) {
	for _, file := range []protoreflect.FileDescriptor{
		userv1.File_chat3_user_v1_user_service_proto, tenantv1.File_chat3_tenant_v1_tenant_service_proto,
	} {
		methods := file.Services().Get(0).Methods()
		for index := range methods.Len() {
			method := methods.Get(index)
			name := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
			if method.Input().Fields().ByName("idempotency_key") == nil && !idempotent(name) {
				t.Errorf("%s can be repeated by no rule", name)
			}
		}
	}
	for _, name := range []string{"/chat3.user.v1.UserService/SendMessage", "/chat3.user.v1.UserService/Unknown"} {
		if idempotent(name) {
			t.Errorf("%s is not idempotent by itself", name)
		}
	}
}

func TestTheUpdatesThatAreRememberedAreBounded(t *testing.T) {
	r := newRecent()
	update := func(number int) *userv1.Update {
		return &userv1.Update{UserId: "alice", UpdateId: fmt.Sprint(number)}
	}
	for number := range 3 * remembered {
		r.add(update(number))
	}
	if len(r.known) != remembered || !r.has(update(2*remembered)) || r.has(update(2*remembered-1)) {
		t.Errorf("%d are remembered", len(r.known))
	}
}

func TestAnEventOfAWatcherDoesNotLookAtAllUsers(t *testing.T) {
	w := &Watcher{wanted: map[string]bool{}}
	for number := range 1000 {
		w.wanted[fmt.Sprint(number)] = true
	}
	s := &watchStream{watchRun: &watchRun{Watcher: w}, watched: w.wanted, stale: true}
	if err := s.ask(t.Context()); err != nil || s.batches > 0 {
		t.Error(err, s.batches)
	}
	if made := testing.AllocsPerRun(10, func() { _ = s.ask(t.Context()) }); made > 0 {
		t.Errorf("%v allocations", made)
	}
}
