package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

var statuses = map[string]userv1.MessageStatus{
	"read":      userv1.MessageStatus_MESSAGE_STATUS_READ,
	"delivered": userv1.MessageStatus_MESSAGE_STATUS_DELIVERED,
	"unread":    userv1.MessageStatus_MESSAGE_STATUS_UNREAD,
}

func failed(err error) object {
	var failure *chat3.Error
	if !errors.As(err, &failure) {
		return object{"failed": err.Error()}
	}
	result := object{"failed": string(failure.Reason)}
	if failure.Reason == "" {
		result["failed"] = failure.Code.String()
	}
	var fields []string
	for _, violation := range failure.Fields {
		fields = append(fields, violation.Field)
	}
	if fields != nil {
		slices.Sort(fields)
		result["fields"] = fields
	}
	return result
}

// take does what a step says.
func (p *player) take(ctx context.Context, s step) (object, error) {
	if s.Do == "pause" {
		time.Sleep(time.Duration(s.Ms) * time.Millisecond)
		return object{}, nil
	}
	u := p.user(s.By)
	switch s.Do {
	case "start":
		return object{}, p.start(ctx, u)
	case "stop":
		u.stop()
		return object{}, nil
	}
	dialog, message, client := p.id(s.Dialog), p.id(s.Message), u.client
	var err error
	switch s.Do {
	case "create_dialog", "direct_dialog":
		return p.makeDialog(ctx, client, s)
	case "send":
		return p.send(ctx, client, s)
	case "burst":
		return p.burst(ctx, client, s)
	case "list_dialogs", "history", "members":
		return p.list(ctx, client, s)
	case "settle":
		return p.settle(ctx, client, s)
	case "edit":
		_, err = client.EditMessage(ctx,
			&userv1.EditMessageRequest{DialogId: dialog, MessageId: message, Content: s.Text})
	case "delete":
		_, err = client.DeleteMessage(ctx,
			&userv1.DeleteMessageRequest{DialogId: dialog, MessageId: message})
	case "restore":
		_, err = client.RestoreMessage(ctx,
			&userv1.RestoreMessageRequest{DialogId: dialog, MessageId: message})
	case "react", "unreact":
		action := userv1.ReactionAction_REACTION_ACTION_SET
		if s.Do == "unreact" {
			action = userv1.ReactionAction_REACTION_ACTION_UNSET
		}
		_, err = client.SetMessageReaction(ctx, &userv1.SetMessageReactionRequest{
			DialogId: dialog, MessageId: message, Reaction: s.Reaction, Action: action,
		})
	case "set_status":
		_, err = client.SetMessageStatus(ctx, &userv1.SetMessageStatusRequest{
			DialogId: dialog, MessageId: message, Status: statuses[s.Status],
		})
	case "mark_read":
		_, err = client.MarkDialogRead(ctx, &userv1.MarkDialogReadRequest{DialogId: dialog})
	case "typing":
		_, err = client.SendTypingIndicator(ctx, &userv1.SendTypingIndicatorRequest{DialogId: dialog})
	case "add_members":
		_, err = client.AddDialogMembers(ctx,
			&userv1.AddDialogMembersRequest{DialogId: dialog, UserIds: s.Users})
	case "remove_member":
		_, err = client.RemoveDialogMember(ctx,
			&userv1.RemoveDialogMemberRequest{DialogId: dialog, UserId: s.User})
	case "leave":
		_, err = client.LeaveDialog(ctx, &userv1.LeaveDialogRequest{DialogId: dialog})
	case "set_meta":
		var meta *structpb.Struct
		if meta, err = structpb.NewStruct(s.Meta); err == nil {
			_, err = client.UpdateDialogMeta(ctx,
				&userv1.UpdateDialogMetaRequest{DialogId: dialog, Meta: meta})
		}
	default:
		err = fmt.Errorf("the player does not know %q", s.Do)
	}
	return object{}, err
}

func (p *player) makeDialog(ctx context.Context, client *chat3.Client, s step) (object, error) {
	var made *userv1.Dialog
	if s.Do == "direct_dialog" {
		response, err := client.GetOrCreateDirectDialog(ctx,
			&userv1.GetOrCreateDirectDialogRequest{UserId: s.User})
		if err != nil {
			return nil, err
		}
		made = response.GetDialog()
	} else {
		meta, err := structpb.NewStruct(s.Meta)
		if err != nil {
			return nil, err
		}
		response, err := client.CreateDialog(ctx,
			&userv1.CreateDialogRequest{MemberIds: s.Members, Meta: meta})
		if err != nil {
			return nil, err
		}
		made = response.GetDialog()
	}
	p.bind(s.As, made.GetDialogId())
	return object{"dialog": p.names[made.GetDialogId()]}, nil
}

func (p *player) send(ctx context.Context, client *chat3.Client, s step) (object, error) {
	request := &userv1.SendMessageRequest{
		DialogId: p.id(s.Dialog), Content: s.Text, IdempotencyKey: s.Key,
	}
	if s.Quote != "" {
		quoted := p.id(s.Quote)
		request.QuotedMessageId = &quoted
	}
	if s.Meta != nil {
		meta, err := structpb.NewStruct(s.Meta)
		if err != nil {
			return nil, err
		}
		request.Meta = meta
	}
	response, err := client.SendMessage(ctx, request)
	if err != nil {
		return nil, err
	}
	message := response.GetMessage()
	p.bind(s.As, message.GetMessageId())
	return object{"message": p.names[message.GetMessageId()], "shown": p.shown(message)}, nil
}

func (p *player) burst(ctx context.Context, client *chat3.Client, s step) (object, error) {
	sent, failures := make([]*userv1.Message, len(s.Texts)), make([]error, len(s.Texts))
	var calls sync.WaitGroup
	for index, text := range s.Texts {
		calls.Go(func() { sent[index], failures[index] = client.Send(ctx, p.id(s.Dialog), text) })
	}
	calls.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	names := []string{}
	for index, message := range sent {
		p.bind(fmt.Sprintf("%s-%d", s.As, index+1), message.GetMessageId())
		names = append(names, p.names[message.GetMessageId()])
	}
	return object{"messages": names}, nil
}

// settle sends a message and waits until the stores of all users have it.
func (p *player) settle(ctx context.Context, client *chat3.Client, s step) (object, error) {
	message, err := client.Send(ctx, p.id(s.Dialog), s.Text)
	if err != nil {
		return nil, err
	}
	p.bind(s.As, message.GetMessageId())
	for _, name := range s.Users {
		store := p.user(name).store
		if !until(func() bool { return store.Message(message.DialogId, message.MessageId) != nil }) {
			p.user(name).seen.end(fmt.Errorf("%s never saw %s", name, s.As))
		}
	}
	return object{"message": p.names[message.GetMessageId()]}, nil
}

func (p *player) list(ctx context.Context, client *chat3.Client, s step) (object, error) {
	dialog := p.id(s.Dialog)
	found := []any{}
	switch s.Do {
	case "list_dialogs":
		request := &userv1.GetUserDialogsRequest{PageSize: s.PageSize}
		for each, err := range client.Dialogs(ctx, request) {
			if err != nil {
				return nil, err
			}
			found = append(found, p.dialogName(each))
		}
		return object{"dialogs": found}, nil
	case "history":
		request := &userv1.GetDialogMessagesRequest{DialogId: dialog, PageSize: s.PageSize}
		for each, err := range client.Messages(ctx, request) {
			if err != nil {
				return nil, err
			}
			found = append(found, []any{p.messageName(each), p.shown(each)})
		}
		return object{"messages": found}, nil
	}
	members := []string{}
	for each, err := range chat3.All(ctx, client.ListDialogMembers,
		&userv1.ListDialogMembersRequest{DialogId: dialog}, (*userv1.ListDialogMembersResponse).GetMembers) {
		if err != nil {
			return nil, err
		}
		members = append(members, each.GetUserId())
	}
	slices.Sort(members)
	return object{"members": members}, nil
}
