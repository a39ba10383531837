//go:build live

package live

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// actors are people who do random things. The first of them is the one whose store is looked at.
type actors struct {
	t       *testing.T
	random  *rand.Rand
	names   []string
	clients []*chat3.Client
	dialogs []string
	sent    []*userv1.Message
	done    int
}

// may takes the failures that random deeds have.
func (a *actors) may(err error) {
	a.t.Helper()
	for _, expected := range []error{
		nil, chat3.ReasonNotAMember, chat3.ReasonNotTheSender, chat3.ReasonMessageDeleted,
		chat3.ReasonMemberNotFound, chat3.ReasonLastMember, chat3.ReasonTopicNotFound,
	} {
		if errors.Is(err, expected) {
			return
		}
	}
	a.t.Fatal(err)
}

func (a *actors) dialog() {
	response, err := a.clients[a.random.IntN(2)].CreateDialog(a.t.Context(), &userv1.CreateDialogRequest{
		MemberIds: a.names, Meta: meta(a.t, map[string]any{"title": fmt.Sprint("Dialog ", a.done)}),
	})
	a.may(err)
	a.dialogs = append(a.dialogs, response.GetDialog().GetDialogId())
}

func pick[Item any](a *actors, items []Item) Item { return items[a.random.IntN(len(items))] }

// act lets somebody do something.
func (a *actors) act() {
	a.t.Helper()
	a.done++
	ctx, who := a.t.Context(), a.random.IntN(len(a.clients))
	client, dialog := a.clients[who], pick(a, a.dialogs)
	deed := a.random.IntN(22)
	if deed < 7 || len(a.sent) == 0 {
		text := fmt.Sprint("message ", a.done)
		if a.random.IntN(5) == 0 {
			text = strings.Repeat("x", 4095+a.random.IntN(3)) // updates carry 4,096 at most
		}
		message, err := client.Send(ctx, dialog, text)
		a.may(err)
		if err == nil {
			a.sent = append(a.sent, message)
		}
		return
	}
	message := pick(a, a.sent)
	dialogOf, id := message.DialogId, message.MessageId
	var err error
	switch deed {
	case 7, 8:
		_, err = client.EditMessage(ctx, &userv1.EditMessageRequest{
			DialogId: dialogOf, MessageId: id, Content: fmt.Sprint("edited ", a.done)})
	case 9:
		_, err = client.DeleteMessage(ctx, &userv1.DeleteMessageRequest{DialogId: dialogOf, MessageId: id})
	case 10:
		_, err = client.RestoreMessage(ctx, &userv1.RestoreMessageRequest{DialogId: dialogOf, MessageId: id})
	case 11, 12, 13:
		_, err = client.SetMessageReaction(ctx, &userv1.SetMessageReactionRequest{
			DialogId: dialogOf, MessageId: id, Reaction: pick(a, []string{"👍", "☕"}),
			Action: pick(a, []userv1.ReactionAction{
				userv1.ReactionAction_REACTION_ACTION_SET, userv1.ReactionAction_REACTION_ACTION_UNSET})})
	case 14, 15:
		_, err = client.SetMessageStatus(ctx, &userv1.SetMessageStatusRequest{
			DialogId: dialogOf, MessageId: id, Status: pick(a, []userv1.MessageStatus{
				userv1.MessageStatus_MESSAGE_STATUS_READ, userv1.MessageStatus_MESSAGE_STATUS_DELIVERED})})
	case 16:
		// That another member reads a whole dialog changes counts, and no update tells.
		_, err = a.clients[0].MarkDialogRead(ctx, &userv1.MarkDialogReadRequest{DialogId: dialog})
	case 17:
		_, err = client.UpdateDialogMeta(ctx, &userv1.UpdateDialogMetaRequest{
			DialogId: dialog, Meta: meta(a.t, map[string]any{"title": fmt.Sprint("Title ", a.done)})})
	case 18:
		a.topic(client, dialogOf, id)
	case 19:
		_, err = a.clients[1].RemoveDialogMember(ctx,
			&userv1.RemoveDialogMemberRequest{DialogId: dialog, UserId: pick(a, []string{a.names[0], a.names[2]})})
	case 20:
		_, err = a.clients[1].AddDialogMembers(ctx,
			&userv1.AddDialogMembersRequest{DialogId: dialog, UserIds: a.names})
	case 21:
		a.dialog()
	}
	a.may(err)
}

// topic makes a topic and moves a message into it, or out of it.
func (a *actors) topic(client *chat3.Client, dialog, message string) {
	move := &userv1.SetMessageTopicRequest{DialogId: dialog, MessageId: message}
	if a.random.IntN(3) > 0 {
		made, err := client.CreateTopic(a.t.Context(), &userv1.CreateTopicRequest{
			DialogId: dialog, Meta: meta(a.t, map[string]any{"subject": "plans"})})
		a.may(err)
		if err != nil {
			return
		}
		id := made.GetTopic().GetTopicId()
		move.TopicId = &id
	}
	_, err := client.SetMessageTopic(a.t.Context(), move)
	a.may(err)
}
