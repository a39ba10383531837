package chat3test

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

type dialog struct {
	shown    *userv1.Dialog
	members  []string
	messages []*userv1.Message // oldest first
}

// AddDialog makes a dialog with a title, without telling its members, and returns its id.
func (s *Server) AddDialog(title string, members ...string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	id := s.newID("dlg_")
	s.dialogs[id] = &dialog{
		shown: &userv1.Dialog{
			DialogId: id, MemberCount: int32(len(members)), Title: proto.String(title),
			Meta: &structpb.Struct{Fields: map[string]*structpb.Value{"title": structpb.NewStringValue(title)}},
		},
		members: members,
	}
	return id
}

// AddMessage writes a message in a member's name, tells all members, and returns it.
func (s *Server) AddMessage(dialogID, sender, text string) *userv1.Message {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := s.dialogs[dialogID]
	if found == nil {
		panic("chat3test: no dialog " + dialogID)
	}
	return s.write(found, sender, &userv1.SendMessageRequest{DialogId: dialogID, Content: text})
}

func (s *Server) newID(prefix string) string {
	s.ids++
	return fmt.Sprintf("%s%020d", prefix, s.ids)
}

func (s *Server) write(in *dialog, sender string, asked *userv1.SendMessageRequest) *userv1.Message {
	kind := asked.GetType()
	if kind == "" {
		kind = "internal.text"
	}
	message := &userv1.Message{
		MessageId: s.newID("msg_"), DialogId: asked.GetDialogId(), SenderId: sender, Type: kind,
		Content: asked.GetContent(), Meta: asked.GetMeta(), TopicId: asked.TopicId,
		CreateTime: timestamppb.Now(),
	}
	in.messages = append(in.messages, message)
	in.shown.LastMessage = &userv1.LastMessage{
		MessageId: message.MessageId, DialogId: message.DialogId, SenderId: sender, Type: kind,
		Content: message.Content, CreateTime: message.CreateTime,
	}
	in.shown.LastInteractionTime = message.CreateTime
	event := s.newID("evt_")
	for _, member := range in.members {
		s.publish(&userv1.Update{
			UpdateId: event + "-" + member, EventId: event, UserId: member,
			Kind:     userv1.UpdateKind_UPDATE_KIND_MESSAGE_CREATED,
			DialogId: proto.String(message.DialogId), MessageId: proto.String(message.MessageId),
			CreateTime: message.CreateTime,
			Payload: &userv1.Update_MessageCreated{MessageCreated: &userv1.MessageCreated{
				Dialog: &userv1.PartialDialog{
					DialogId: message.DialogId, Meta: in.shown.Meta, Title: in.shown.Title,
				},
				Message: &userv1.PartialMessage{
					MessageId: message.MessageId, DialogId: message.DialogId, SenderId: sender,
					Type: kind, Mine: member == sender, Content: proto.String(message.Content),
					Meta: message.Meta, TopicId: proto.String(message.GetTopicId()),
				},
			}},
		})
	}
	return message
}

// dialogOf returns a dialog that the caller is a member of.
func (s *Server) dialogOf(ctx context.Context, id string) (*dialog, error) {
	found := s.dialogs[id]
	if found == nil || !slices.Contains(found.members, userOf(ctx)) {
		return nil, Failure(chat3.ReasonNotAMember)
	}
	return found, nil
}

// GetUserDialogs lists the caller's dialogs, the last made first.
func (s *Server) GetUserDialogs(
	ctx context.Context, request *userv1.GetUserDialogsRequest,
) (*userv1.GetUserDialogsResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var found []*userv1.Dialog
	for _, dialog := range s.dialogs {
		if slices.Contains(dialog.members, userOf(ctx)) {
			found = append(found, seen(dialog.shown, userOf(ctx), request.GetIncludeLastMessage()))
		}
	}
	slices.SortFunc(found, func(a, b *userv1.Dialog) int { return -compare(a.DialogId, b.DialogId) })
	page, next, err := pageOf(found, request.GetPageSize(), request.GetPageToken())
	return &userv1.GetUserDialogsResponse{Dialogs: page, NextPageToken: next}, err
}

func compare(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

// seen is a dialog as a user sees it.
func seen(shown *userv1.Dialog, user string, withLast bool) *userv1.Dialog {
	copied := proto.CloneOf(shown)
	copied.Membership = &userv1.DialogMembership{UserId: user}
	if !withLast {
		copied.LastMessage = nil
	}
	return copied
}

// GetDialog returns a dialog of the caller.
func (s *Server) GetDialog(
	ctx context.Context, request *userv1.GetDialogRequest,
) (*userv1.GetDialogResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.dialogOf(ctx, request.GetDialogId())
	if err != nil {
		return nil, err
	}
	return &userv1.GetDialogResponse{
		Dialog: seen(found.shown, userOf(ctx), request.GetIncludeLastMessage()),
	}, nil
}

// GetDialogMessages lists the messages of a dialog, newest first.
func (s *Server) GetDialogMessages(
	ctx context.Context, request *userv1.GetDialogMessagesRequest,
) (*userv1.GetDialogMessagesResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.dialogOf(ctx, request.GetDialogId())
	if err != nil {
		return nil, err
	}
	newest := []*userv1.Message{}
	for _, message := range slices.Backward(found.messages) {
		newest = append(newest, own(message, userOf(ctx)))
	}
	page, next, err := pageOf(newest, request.GetPageSize(), request.GetPageToken())
	return &userv1.GetDialogMessagesResponse{Messages: page, NextPageToken: next}, err
}

func own(message *userv1.Message, user string) *userv1.Message {
	copied := proto.CloneOf(message)
	copied.Mine = message.SenderId == user
	return copied
}

// GetMessage returns a message.
func (s *Server) GetMessage(
	ctx context.Context, request *userv1.GetMessageRequest,
) (*userv1.GetMessageResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.dialogOf(ctx, request.GetDialogId())
	if err != nil {
		return nil, err
	}
	for _, message := range found.messages {
		if message.MessageId == request.GetMessageId() {
			return &userv1.GetMessageResponse{Message: own(message, userOf(ctx))}, nil
		}
	}
	return nil, Failure(chat3.ReasonMessageNotFound)
}

// SendMessage writes a message, once for an idempotency key.
func (s *Server) SendMessage(
	ctx context.Context, request *userv1.SendMessageRequest,
) (*userv1.SendMessageResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.dialogOf(ctx, request.GetDialogId())
	if err != nil {
		return nil, err
	}
	key := userOf(ctx) + " " + request.GetIdempotencyKey()
	if answer := s.answers[key]; answer != nil && request.GetIdempotencyKey() != "" {
		return answer, nil
	}
	message := s.write(found, userOf(ctx), request)
	answer := &userv1.SendMessageResponse{Message: own(message, userOf(ctx))}
	s.answers[key] = answer
	return answer, nil
}

// SendTypingIndicator tells the other members.
func (s *Server) SendTypingIndicator(
	ctx context.Context, request *userv1.SendTypingIndicatorRequest,
) (*userv1.SendTypingIndicatorResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.dialogOf(ctx, request.GetDialogId())
	if err != nil {
		return nil, err
	}
	expires := durationpb.New(typingLife)
	for _, member := range found.members {
		if member == userOf(ctx) {
			continue
		}
		s.publish(&userv1.Update{
			UpdateId: s.newID("upd_"), UserId: member, Kind: userv1.UpdateKind_UPDATE_KIND_TYPING,
			DialogId: proto.String(request.GetDialogId()),
			Payload: &userv1.Update_Typing{Typing: &userv1.Typing{
				Dialog: &userv1.PartialDialog{DialogId: request.GetDialogId()},
				UserId: userOf(ctx), ExpiresIn: expires, StartTime: timestamppb.Now(),
			}},
		})
	}
	return &userv1.SendTypingIndicatorResponse{ExpiresIn: expires}, nil
}

// GetMyself returns the caller.
func (s *Server) GetMyself(
	ctx context.Context, _ *userv1.GetMyselfRequest,
) (*userv1.GetMyselfResponse, error) {
	return &userv1.GetMyselfResponse{
		User: &userv1.UserInfo{UserId: userOf(ctx)}, Stats: &userv1.UserStats{},
	}, nil
}

// pageOf cuts a page out of a list. A token is the number of items before it.
func pageOf[Item any](items []Item, size int32, token string) ([]Item, string, error) {
	begin := 0
	if token != "" {
		told, err := strconv.Atoi(token)
		if err != nil || told > len(items) {
			return nil, "", Failure(chat3.ReasonPageTokenInvalid)
		}
		begin = told
	}
	if size == 0 {
		size = 10
	}
	end := min(begin+int(size), len(items))
	if end == len(items) {
		return items[begin:], "", nil
	}
	return items[begin:end], strconv.Itoa(end), nil
}
