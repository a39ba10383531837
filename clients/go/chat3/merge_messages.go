package chat3

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// created adds a message; one that is known stays as it is. Either way it is its dialog's last one.
func (s *LocalStore) created(partial *userv1.PartialMessage, told *timestamppb.Timestamp) []Read {
	message := s.messages[partial.GetDialogId()][partial.GetMessageId()]
	var reads []Read
	if message == nil {
		message = &userv1.Message{
			MessageId: partial.GetMessageId(), DialogId: partial.GetDialogId(),
			SenderId: partial.GetSenderId(), Type: partial.GetType(), Mine: partial.GetMine(),
			// What there is of a text that may be cut is shown until it is read whole.
			Content: partial.GetContent(),
			// The nearest that an update has to the message's own time.
			CreateTime: told,
		}
		message = merged(message, partial)
		s.untold[message.MessageId] = Untold{true, true, true}
		s.put(message)
		if partial.GetContentMayBeCut() {
			reads = readMessage(partial)
		}
	} else if partial.GetContentMayBeCut() && message.GetContent() == partial.GetContent() {
		// Merged before, and not read since.
		reads = readMessage(partial)
	}
	if dialog := s.dialogs[message.GetDialogId()]; dialog != nil {
		next := proto.CloneOf(dialog)
		next.LastMessage = &userv1.LastMessage{MessageId: message.GetMessageId()}
		s.dialogs[message.GetDialogId()] = next
		s.showLast(message)
	}
	return reads
}

// changed takes what an update carries of a message, if it is known.
func (s *LocalStore) changed(partial *userv1.PartialMessage) []Read {
	known := s.messages[partial.GetDialogId()][partial.GetMessageId()]
	if known == nil {
		return nil
	}
	next := merged(proto.CloneOf(known), partial)
	s.put(next)
	if partial.GetContentMayBeCut() && !next.GetDeleted() {
		return readMessage(partial)
	}
	return nil
}

// merged changes a message to what an update carries of it.
func merged(message *userv1.Message, partial *userv1.PartialMessage) *userv1.Message {
	if partial.Deleted != nil {
		message.Deleted = partial.GetDeleted()
	}
	if partial.DeleteTime != nil {
		message.DeleteTime = partial.DeleteTime
	}
	if partial.DeletedBy != nil {
		message.DeletedBy = partial.DeletedBy
	}
	if partial.Sender != nil {
		message.Sender = partial.Sender
	}
	if message.GetDeleted() {
		message.Content, message.Meta, message.QuotedMessage = "", nil, nil
	} else {
		if partial.Content != nil && !partial.GetContentMayBeCut() {
			message.Content = partial.GetContent()
		}
		if partial.Meta != nil {
			message.Meta = partial.Meta
		}
	}
	if partial.Edited != nil {
		message.Edited, message.EditTime = partial.GetEdited(), partial.EditTime
		message.EditedBy = partial.EditedBy
	}
	if partial.TopicId != nil {
		message.TopicId, message.Topic = topicOf(partial)
	}
	return message
}

func topicOf(partial *userv1.PartialMessage) (*string, *userv1.Topic) {
	if partial.GetTopicId() == "" {
		return nil, nil
	}
	if partial.Topic == nil {
		return partial.TopicId, nil
	}
	return partial.TopicId, &userv1.Topic{
		TopicId: partial.Topic.GetTopicId(), Meta: partial.Topic.GetMeta(),
		DialogId: partial.GetDialogId(),
	}
}

// deleted empties a message, and reads those that quote it: their quotes show it no more.
func (s *LocalStore) deleted(partial *userv1.PartialMessage) []Read {
	return append(s.changed(partial), s.quoting(partial)...)
}

// restored reads a message that was brought back, and those that quote it: what its deletion took
// away is in no update.
func (s *LocalStore) restored(partial *userv1.PartialMessage) []Read {
	if s.messages[partial.GetDialogId()][partial.GetMessageId()] == nil {
		return s.quoting(partial)
	}
	return append(readMessage(partial), s.quoting(partial)...)
}

// quoting reads the messages that quote another: no update says that their quotes change.
func (s *LocalStore) quoting(partial *userv1.PartialMessage) []Read {
	var reads []Read
	for _, message := range s.messages[partial.GetDialogId()] {
		if message.GetQuotedMessage().GetMessageId() == partial.GetMessageId() {
			reads = append(reads, Read{ReadMessage, message.GetDialogId(), message.GetMessageId()})
		}
	}
	return reads
}

func (s *LocalStore) statusChanged(payload *userv1.MessageStatusChanged) {
	known := s.messages[payload.GetMessage().GetDialogId()][payload.GetMessage().GetMessageId()]
	if known == nil {
		return
	}
	next := proto.CloneOf(known)
	next.StatusCounts = payload.GetStatusCounts()
	if untold, ok := s.untold[next.MessageId]; ok {
		untold.StatusCounts = false
		s.untold[next.MessageId] = untold
	}
	s.put(next)
}

// reactionChange is what the updates of a reaction that was given and taken back have in common.
type reactionChange interface {
	GetMessage() *userv1.MessageSnapshot
	GetUserId() string
	GetReaction() string
	GetReactions() []*userv1.ReactionCount
}

func (s *LocalStore) reacted(payload reactionChange, given bool) {
	known := s.messages[payload.GetMessage().GetDialogId()][payload.GetMessage().GetMessageId()]
	if known == nil {
		return
	}
	mine := map[string]bool{}
	for _, reaction := range known.GetReactions() {
		mine[reaction.GetReaction()] = reaction.GetMine()
	}
	if payload.GetUserId() == s.userID {
		mine[payload.GetReaction()] = given
	}
	next := proto.CloneOf(known)
	next.Reactions = nil
	for _, counted := range payload.GetReactions() {
		next.Reactions = append(next.Reactions, &userv1.Reaction{
			Reaction: counted.GetReaction(), Count: counted.GetCount(), Mine: mine[counted.GetReaction()],
		})
	}
	s.put(next)
}

func readMessage(partial *userv1.PartialMessage) []Read {
	return []Read{{ReadMessage, partial.GetDialogId(), partial.GetMessageId()}}
}
