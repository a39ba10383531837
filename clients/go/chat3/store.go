package chat3

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

const messagesKept = 1000

// LocalStore is what one user sees: dialogs, messages, packs, the own profile and counters. It takes
// what was read from the service (Put…) and updates ([LocalStore.Merge]), and ends at what a
// fresh snapshot says. [LocalStore.Follow] does all of it from a client's stream.
//
// It is safe for concurrent use. What it returns is never changed by it, and must not be changed by
// the caller. Of each dialog it keeps the newest 1,000 messages.
type LocalStore struct {
	userID string

	mutex    sync.RWMutex
	dialogs  map[string]*userv1.Dialog
	messages map[string]map[string]*userv1.Message // by dialog, then by message
	untold   map[string]Untold                     // by message
	packs    map[string]*userv1.PartialPack
	profile  *userv1.PartialUser
	stats    *userv1.UserStats
	opened   map[string]int             // the number of messages wanted, by dialog
	records  map[*[]*userv1.Update]bool // updates that are merged during reads
	loaded   bool                       // whether Follow has read everything once
}

// Untold says what is not known of a message that came by an update, until it is read.
type Untold struct{ CreateTime, QuotedMessage, StatusCounts bool }

// NewLocalStore returns an empty store for a user. User ids are lower case here, as in the service.
func NewLocalStore(userID string) *LocalStore {
	return &LocalStore{
		userID:   strings.ToLower(userID),
		dialogs:  map[string]*userv1.Dialog{},
		messages: map[string]map[string]*userv1.Message{},
		untold:   map[string]Untold{},
		packs:    map[string]*userv1.PartialPack{},
		opened:   map[string]int{},
		records:  map[*[]*userv1.Update]bool{},
	}
}

// Dialogs returns all dialogs, newest interaction or message first.
func (s *LocalStore) Dialogs() []*userv1.Dialog {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return slices.SortedFunc(maps.Values(s.dialogs), func(a, b *userv1.Dialog) int {
		return cmp.Or(compareTimes(lastTime(b), lastTime(a)), cmp.Compare(a.DialogId, b.DialogId))
	})
}

// Dialog returns a dialog; nil when it is not known.
func (s *LocalStore) Dialog(dialogID string) *userv1.Dialog {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.dialogs[dialogID]
}

// Messages returns the known messages of a dialog, oldest first.
func (s *LocalStore) Messages(dialogID string) []*userv1.Message {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return slices.SortedFunc(maps.Values(s.messages[dialogID]), compareMessages)
}

// Message returns a message; nil when it is not known.
func (s *LocalStore) Message(dialogID, messageID string) *userv1.Message {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.messages[dialogID][messageID]
}

// Untold says what is not known of a message.
func (s *LocalStore) Untold(messageID string) Untold {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.untold[messageID]
}

// Packs returns what updates told about packs, by id.
func (s *LocalStore) Packs() map[string]*userv1.PartialPack {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return maps.Clone(s.packs)
}

// Profile returns what updates told about the user; nil when none did.
func (s *LocalStore) Profile() *userv1.PartialUser {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.profile
}

// Stats returns the user's counters over all dialogs; nil when they are not known.
func (s *LocalStore) Stats() *userv1.UserStats {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.stats
}

// PutDialogs takes the whole list of dialogs as it was read: those that are not in it are taken away,
// with their messages.
func (s *LocalStore) PutDialogs(dialogs []*userv1.Dialog) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	listed := make(map[string]*userv1.Dialog, len(dialogs))
	for _, dialog := range dialogs {
		listed[dialog.GetDialogId()] = dialog
	}
	for dialogID := range s.dialogs {
		if listed[dialogID] == nil {
			s.remove(dialogID)
		}
	}
	s.dialogs = listed
}

// PutDialog takes a dialog as it was read.
func (s *LocalStore) PutDialog(dialog *userv1.Dialog) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.dialogs[dialog.GetDialogId()] = dialog
}

// RemoveDialog takes a dialog away, with its messages: the user is no member any more.
func (s *LocalStore) RemoveDialog(dialogID string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.remove(dialogID)
}

// PutMessages takes messages as they were read: whole, whatever was known.
func (s *LocalStore) PutMessages(messages ...*userv1.Message) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, message := range messages {
		delete(s.untold, message.GetMessageId())
		s.put(message)
	}
}

// ReplaceMessages takes the newest messages of a dialog instead of all that were known.
func (s *LocalStore) ReplaceMessages(dialogID string, messages []*userv1.Message) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.forget(dialogID)
	for _, message := range messages {
		s.put(message)
	}
}

// PutMyself takes the answer of GetMyself.
func (s *LocalStore) PutMyself(user *userv1.UserInfo, stats *userv1.UserStats) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.profile = &userv1.PartialUser{
		UserId: user.GetUserId(), Type: user.Type, CreateTime: user.GetCreateTime(),
		Meta: user.GetMeta(), DisplayName: user.DisplayName,
	}
	s.stats = stats
}

// put keeps a message, and drops the oldest of its dialog when there are too many.
func (s *LocalStore) put(message *userv1.Message) {
	known := s.messages[message.GetDialogId()]
	if known == nil {
		known = map[string]*userv1.Message{}
		s.messages[message.GetDialogId()] = known
	}
	known[message.GetMessageId()] = message
	if len(known) > messagesKept {
		oldest := slices.MinFunc(slices.Collect(maps.Values(known)), compareMessages)
		delete(known, oldest.GetMessageId())
		delete(s.untold, oldest.GetMessageId())
	}
	s.showLast(message)
}

func (s *LocalStore) remove(dialogID string) {
	delete(s.dialogs, dialogID)
	delete(s.opened, dialogID)
	s.forget(dialogID)
}

func (s *LocalStore) forget(dialogID string) {
	for messageID := range s.messages[dialogID] {
		delete(s.untold, messageID)
	}
	delete(s.messages, dialogID)
}

// showLast brings the last message of a dialog to what is known of it.
func (s *LocalStore) showLast(message *userv1.Message) {
	dialog := s.dialogs[message.GetDialogId()]
	if dialog.GetLastMessage().GetMessageId() != message.GetMessageId() {
		return
	}
	next := proto.CloneOf(dialog)
	last := next.LastMessage
	last.Content, last.SenderId, last.Type = message.Content, message.SenderId, message.Type
	last.Deleted, last.DeleteTime, last.DeletedBy = message.Deleted, message.DeleteTime, message.DeletedBy
	last.DialogId, last.Sender = message.DialogId, message.Sender
	if message.CreateTime != nil {
		last.CreateTime = message.CreateTime
	}
	s.dialogs[message.GetDialogId()] = next
}

func compareMessages(a, b *userv1.Message) int {
	return cmp.Or(compareTimes(a.CreateTime, b.CreateTime), cmp.Compare(a.MessageId, b.MessageId))
}

func compareTimes(a, b *timestamppb.Timestamp) int {
	return cmp.Or(cmp.Compare(a.GetSeconds(), b.GetSeconds()), cmp.Compare(a.GetNanos(), b.GetNanos()))
}

// lastTime is when something last happened in a dialog. No update says it, but the last message does.
func lastTime(dialog *userv1.Dialog) *timestamppb.Timestamp {
	message := dialog.GetLastMessage().GetCreateTime()
	if compareTimes(dialog.GetLastInteractionTime(), message) < 0 {
		return message
	}
	return dialog.GetLastInteractionTime()
}
