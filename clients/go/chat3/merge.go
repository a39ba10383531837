package chat3

import (
	"slices"

	"google.golang.org/protobuf/proto"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// Read is something to read again, because an update changed it and does not carry the change.
type Read struct {
	// What says what to read.
	What ReadWhat
	// DialogID is the dialog.
	DialogID string
	// MessageID is the message, with ReadMessage.
	MessageID string
}

// ReadWhat says what to read.
type ReadWhat string

// What there is to read.
const (
	ReadDialog   ReadWhat = "dialog"   // by GetDialog, for PutDialog or RemoveDialog
	ReadMessages ReadWhat = "messages" // by GetDialogMessages, for PutMessages
	ReadMessage  ReadWhat = "message"  // by GetMessage, for PutMessages
)

// Merge takes an update by the merge rules of the contract, in the order of the stream. It returns
// what has to be read again. Merging an update twice changes nothing more, and asks for the same.
func (s *LocalStore) Merge(update *userv1.Update) []Read {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for kept := range s.records {
		*kept = append(*kept, update)
	}
	var reads []Read
	for _, read := range append(s.takeDialog(dialogOf(update)), s.rule(update)...) {
		if !slices.Contains(reads, read) {
			reads = append(reads, read)
		}
	}
	return reads
}

// rule is what each kind asks for besides taking what it carries of its dialog.
func (s *LocalStore) rule(update *userv1.Update) []Read {
	switch payload := update.GetPayload().(type) {
	case *userv1.Update_MessageCreated:
		return s.created(payload.MessageCreated.GetMessage(), update.GetCreateTime())
	case *userv1.Update_MessageEdited:
		return s.changed(payload.MessageEdited.GetMessage())
	case *userv1.Update_MessageDeleted:
		return s.deleted(payload.MessageDeleted.GetMessage())
	case *userv1.Update_MessageMetaChanged:
		return s.changed(payload.MessageMetaChanged.GetMessage())
	case *userv1.Update_MessageTopicChanged:
		return s.changed(payload.MessageTopicChanged.GetMessage())
	case *userv1.Update_MessageRestored:
		return s.restored(payload.MessageRestored.GetMessage())
	case *userv1.Update_MessageStatusChanged:
		s.statusChanged(payload.MessageStatusChanged)
	case *userv1.Update_MessageReactionGiven:
		s.reacted(payload.MessageReactionGiven, true)
	case *userv1.Update_MessageReactionTakenBack:
		s.reacted(payload.MessageReactionTakenBack, false)
	case *userv1.Update_DialogDeleted:
		s.remove(payload.DialogDeleted.GetDialog().GetDialogId())
	case *userv1.Update_DialogRead:
		read := payload.DialogRead
		s.takeMember(read.GetDialog(), read.GetMember())
		return []Read{{What: ReadMessages, DialogID: read.GetDialog().GetDialogId()}}
	case *userv1.Update_DialogCountersChanged:
		s.takeMember(payload.DialogCountersChanged.GetDialog(), payload.DialogCountersChanged.GetMember())
	case *userv1.Update_MemberAdded:
		return s.memberAdded(payload.MemberAdded)
	case *userv1.Update_MemberRemoved:
		return readDialog(payload.MemberRemoved.GetDialog())
	case *userv1.Update_MemberChanged:
		changed := payload.MemberChanged
		s.takeMember(changed.GetDialog(), changed.GetMember())
		// Of counters that came alone it is not known what else has changed.
		if changed.GetDialog().GetMeta() == nil {
			return readDialog(changed.GetDialog())
		}
	case *userv1.Update_TopicCreated:
		return readDialog(payload.TopicCreated.GetDialog())
	case *userv1.Update_UserCreated:
		s.takeProfile(payload.UserCreated.GetUser())
	case *userv1.Update_UserChanged:
		s.takeProfile(payload.UserChanged.GetUser())
	case *userv1.Update_UserCountersChanged:
		s.takeStats(payload.UserCountersChanged.GetStats())
	case *userv1.Update_PackChanged:
		s.takePack(payload.PackChanged.GetPack())
	case *userv1.Update_Unknown, nil:
		return named(update)
	}
	return nil
}

// dialogOf returns what an update carries of a dialog that stays; nil when it carries nothing.
func dialogOf(update *userv1.Update) *userv1.PartialDialog {
	if update.GetDialogDeleted() != nil {
		return nil
	}
	payload := update.ProtoReflect()
	field := payload.WhichOneof(payload.Descriptor().Oneofs().ByName("payload"))
	if field == nil {
		return nil
	}
	carrier, ok := payload.Get(field).Message().Interface().(interface{ GetDialog() *userv1.PartialDialog })
	if !ok {
		return nil
	}
	return carrier.GetDialog()
}

// takeDialog takes what an update carries of a dialog. One that is not known is read, with its
// messages.
func (s *LocalStore) takeDialog(partial *userv1.PartialDialog) []Read {
	if partial == nil {
		return nil
	}
	known := s.dialogs[partial.GetDialogId()]
	if known == nil {
		return []Read{
			{What: ReadDialog, DialogID: partial.GetDialogId()},
			{What: ReadMessages, DialogID: partial.GetDialogId()},
		}
	}
	if partial.CreateTime == nil && partial.Meta == nil {
		return nil
	}
	next := proto.CloneOf(known)
	if partial.CreateTime != nil {
		next.CreateTime = partial.CreateTime
	}
	if partial.Meta != nil {
		next.Meta, next.Title = partial.Meta, partial.Title
	}
	s.dialogs[partial.GetDialogId()] = next
	return nil
}

// takeMember takes the user's own state in a dialog. What an update says of others is not kept.
func (s *LocalStore) takeMember(dialog *userv1.PartialDialog, partial *userv1.PartialMember) {
	known := s.dialogs[dialog.GetDialogId()]
	if known == nil || partial.GetUserId() != s.userID {
		return
	}
	next := proto.CloneOf(known)
	if next.Membership == nil {
		next.Membership = &userv1.DialogMembership{UserId: partial.GetUserId()}
	}
	own := next.Membership
	if partial.UnreadCount != nil {
		own.UnreadCount = partial.GetUnreadCount()
	}
	if partial.LastSeenTime != nil {
		own.LastSeenTime = partial.LastSeenTime
	}
	if partial.LastMessageTime != nil {
		own.LastMessageTime = partial.LastMessageTime
	}
	s.dialogs[dialog.GetDialogId()] = next
}

// memberAdded reads the dialog for its number of members. What was written while the user was no
// member is in no update.
func (s *LocalStore) memberAdded(added *userv1.MemberAdded) []Read {
	reads := readDialog(added.GetDialog())
	if added.GetMember().GetUserId() == s.userID {
		reads = append(reads, Read{What: ReadMessages, DialogID: added.GetDialog().GetDialogId()})
	}
	return reads
}

func (s *LocalStore) takeProfile(partial *userv1.PartialUser) {
	next := &userv1.PartialUser{UserId: partial.GetUserId()}
	if s.profile != nil {
		next = proto.CloneOf(s.profile)
	}
	if partial.Type != nil {
		next.Type = partial.Type
	}
	if partial.CreateTime != nil {
		next.CreateTime = partial.CreateTime
	}
	if partial.Meta != nil {
		next.Meta, next.DisplayName = partial.Meta, partial.DisplayName
	}
	s.profile = next
}

// takeStats takes all counters, unless those known are newer: they come from several publishers.
func (s *LocalStore) takeStats(stats *userv1.UserStats) {
	if stats != nil && stats.GetStatsVersion() >= s.stats.GetStatsVersion() {
		s.stats = stats
	}
}

func (s *LocalStore) takePack(partial *userv1.PartialPack) {
	next := &userv1.PartialPack{PackId: partial.GetPackId()}
	if known := s.packs[partial.GetPackId()]; known != nil {
		next = proto.CloneOf(known)
	}
	if partial.CreateTime != nil {
		next.CreateTime = partial.CreateTime
	}
	if partial.Meta != nil {
		next.Meta = partial.Meta
	}
	if partial.Stats != nil {
		next.Stats = partial.Stats
	}
	s.packs[partial.GetPackId()] = next
}

// named reads what an update of an unknown kind is about.
func named(update *userv1.Update) []Read {
	switch {
	case update.DialogId == nil:
		return nil
	case update.MessageId == nil:
		return []Read{{What: ReadDialog, DialogID: update.GetDialogId()}}
	}
	return []Read{{ReadMessage, update.GetDialogId(), update.GetMessageId()}}
}

func readDialog(dialog *userv1.PartialDialog) []Read {
	return []Read{{What: ReadDialog, DialogID: dialog.GetDialogId()}}
}
