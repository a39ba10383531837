package main

import (
	"context"
	"errors"
	"strings"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// outcome waits until the counters are there, and tells everything by names instead of ids.
func (p *player) outcome() object {
	pictures, streams, failures := object{}, object{}, []string{}
	for name, u := range p.users {
		if u.client != nil {
			if !until(func() bool { return counted(u) }) {
				u.seen.end(errors.New("the unread counts never came"))
			}
			pictures[name] = p.picture(u.store)
			u.stop()
		}
		streams[name] = p.stream(u)
		for _, line := range u.seen.errors {
			failures = append(failures, name+": "+line)
		}
	}
	return object{
		"player": "go", "names": p.ids, "results": p.results, "pictures": pictures, "streams": streams,
		"errors": failures,
	}
}

// counted reports whether a store has the dialogs, with the unread counts, that the service tells.
func counted(u *user) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	told := 0
	for dialog, err := range u.client.Dialogs(ctx, nil) {
		known := u.store.Dialog(dialog.GetDialogId())
		if err != nil || known == nil ||
			known.GetMembership().GetUnreadCount() != dialog.GetMembership().GetUnreadCount() {
			return false
		}
		told++
	}
	return told == len(u.store.Dialogs())
}

func (p *player) picture(store *chat3.LocalStore) object {
	picture := object{}
	for _, dialog := range store.Dialogs() {
		messages := object{}
		for _, message := range store.Messages(dialog.GetDialogId()) {
			messages[p.messageName(message)] = p.shown(message)
		}
		shown := object{
			"title": nil, "meta": dialog.GetMeta().AsMap(), "members": dialog.GetMemberCount(),
			"unread": dialog.GetMembership().GetUnreadCount(), "last": nil, "messages": messages,
		}
		if dialog.Title != nil {
			shown["title"] = dialog.GetTitle()
		}
		if last := dialog.GetLastMessage(); last != nil {
			shown["last"] = p.name(last.GetMessageId(), last.GetContent())
		}
		picture[p.dialogName(dialog)] = shown
	}
	return picture
}

func (p *player) stream(u *user) object {
	updates := [][3]string{}
	for _, update := range u.seen.updates {
		about, isMember := strings.CutPrefix(update[2], memberMark)
		if !isMember && about != "" {
			about = p.name(about, about)
		}
		dialog := update[1]
		if dialog != "" {
			dialog = p.name(dialog, dialog)
		}
		updates = append(updates, [3]string{update[0], dialog, about})
	}
	return object{
		"starts": u.seen.starts, "updates": updates,
		"duplicates": u.seen.duplicates, "gaps": u.seen.gaps,
		"reconnects": u.seen.reconnects,
	}
}

// shown is a message as every player tells it.
func (p *player) shown(message *userv1.Message) object {
	reactions, counts := object{}, map[string]int32{}
	for _, each := range message.GetReactions() {
		reactions[each.GetReaction()] = object{"count": each.GetCount(), "mine": each.GetMine()}
	}
	for _, each := range message.GetStatusCounts() {
		status := strings.TrimPrefix(each.GetStatus().String(), "MESSAGE_STATUS_")
		counts[strings.ToLower(status)] += each.GetCount()
	}
	shown := object{
		"sender": message.GetSenderId(), "text": message.GetContent(), "meta": message.GetMeta().AsMap(),
		"edited": message.GetEdited(), "deleted": message.GetDeleted(), "reactions": reactions,
		"statuses": counts, "quotes": nil,
	}
	if quoted := message.GetQuotedMessage(); quoted != nil {
		shown["quotes"] = p.name(quoted.GetMessageId(), quoted.GetContent())
	}
	return shown
}

// name is what an id was bound to first, or a text that shows that it was not.
func (p *player) name(id, otherwise string) string {
	if name := p.names[id]; name != "" {
		return name
	}
	return "?" + otherwise
}

func (p *player) dialogName(dialog *userv1.Dialog) string {
	return p.name(dialog.GetDialogId(), dialog.GetTitle())
}

func (p *player) messageName(message *userv1.Message) string {
	return p.name(message.GetMessageId(), message.GetContent())
}
