package chat3

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// vector is a case of the merge rules, which all client libraries run: testdata/merge_vectors.json is a
// copy of tests/scenario/merge_vectors.json.
type vector struct {
	Name      string
	Known     known
	Updates   []json.RawMessage
	After     known
	Untold    map[string][]string
	ReadAgain [][]struct{ Read, DialogID, MessageID string }
}

type known struct {
	UserID                   string
	Dialogs, Messages, Packs []json.RawMessage
	Profile, Stats           json.RawMessage
}

func decode[Message proto.Message](t *testing.T, raw json.RawMessage, into Message) Message {
	t.Helper()
	if err := protojson.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func storeOf(t *testing.T, told known) *LocalStore {
	t.Helper()
	store := NewLocalStore(told.UserID)
	for _, raw := range told.Dialogs {
		store.PutDialog(decode(t, raw, &userv1.Dialog{}))
	}
	for _, raw := range told.Messages {
		store.PutMessages(decode(t, raw, &userv1.Message{}))
	}
	for _, raw := range told.Packs {
		pack := decode(t, raw, &userv1.PartialPack{})
		store.packs[pack.GetPackId()] = pack
	}
	if told.Profile != nil {
		store.profile = decode(t, told.Profile, &userv1.PartialUser{})
	}
	if told.Stats != nil {
		store.stats = decode(t, told.Stats, &userv1.UserStats{})
	}
	return store
}

// same compares two stores as the vectors want: without what no update has told.
func same(t *testing.T, found, want *LocalStore, untold map[string][]string) {
	t.Helper()
	equal(t, "dialogs", shownDialogs(found), shownDialogs(want))
	equal(t, "messages", shownMessages(found, untold), shownMessages(want, untold))
	equal(t, "packs", found.packs, want.packs)
	if !proto.Equal(found.profile, want.profile) {
		t.Errorf("the profile is %v instead of %v", found.profile, want.profile)
	}
	if !proto.Equal(found.stats, want.stats) {
		t.Errorf("the counters are %v instead of %v", found.stats, want.stats)
	}
}

func equal[Message proto.Message](t *testing.T, what string, found, want map[string]Message) {
	t.Helper()
	for id := range maps.Keys(union(found, want)) {
		if !proto.Equal(found[id], want[id]) {
			t.Errorf("of the %s, %s is\n  %v\ninstead of\n  %v", what, id, found[id], want[id])
		}
	}
}

func union[Value any](one, other map[string]Value) map[string]Value {
	both := maps.Clone(one)
	maps.Copy(both, other)
	return both
}

func shownDialogs(store *LocalStore) map[string]*userv1.Dialog {
	shown := map[string]*userv1.Dialog{}
	for id, dialog := range store.dialogs {
		next := proto.CloneOf(dialog)
		if last := next.GetLastMessage(); last != nil {
			next.LastMessage = &userv1.LastMessage{
				MessageId: last.MessageId, Content: last.Content, SenderId: last.SenderId, Type: last.Type,
				Deleted: last.Deleted, DeleteTime: last.DeleteTime, DeletedBy: last.DeletedBy,
			}
		}
		shown[id] = next
	}
	return shown
}

func shownMessages(store *LocalStore, untold map[string][]string) map[string]*userv1.Message {
	shown := map[string]*userv1.Message{}
	for _, messages := range store.messages {
		for id, message := range messages {
			next := proto.CloneOf(message)
			fields := next.ProtoReflect().Descriptor().Fields()
			for _, name := range untold[id] {
				next.ProtoReflect().Clear(fields.ByJSONName(name))
			}
			slices.SortFunc(next.Reactions, func(a, b *userv1.Reaction) int {
				return strings.Compare(a.Reaction, b.Reaction)
			})
			slices.SortFunc(next.StatusCounts, func(a, b *userv1.StatusCount) int {
				return strings.Compare(a.String(), b.String())
			})
			shown[id] = next
		}
	}
	return shown
}

func TestTheStoreMergesByTheRulesOfTheContract(t *testing.T) {
	content, err := os.ReadFile("testdata/merge_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(content, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, each := range vectors {
		t.Run(each.Name, func(t *testing.T) {
			store := storeOf(t, each.Known)
			for index, raw := range each.Updates {
				reads := store.Merge(decode(t, raw, &userv1.Update{}))
				for _, want := range each.ReadAgain[index] {
					read := Read{ReadWhat(want.Read), want.DialogID, want.MessageID}
					if !slices.Contains(reads, read) {
						t.Errorf("update %d: %v is not among the reads %v", index, read, reads)
					}
				}
			}
			same(t, store, storeOf(t, each.After), each.Untold)
			for id, untold := range each.Untold {
				told := store.Untold(id)
				for name, found := range map[string]bool{
					"createTime": told.CreateTime, "quotedMessage": told.QuotedMessage,
					"statusCounts": told.StatusCounts,
				} {
					if found != slices.Contains(untold, name) {
						t.Errorf("%s of %s: %v", name, id, found)
					}
				}
			}
		})
	}
}
