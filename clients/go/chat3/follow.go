package chat3

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// FollowOptions say how a store follows a stream.
type FollowOptions struct {
	UpdatesOptions
	// Messages is how many of the newest messages of every dialog are read. 0 reads those of the
	// dialogs that were opened ([LocalStore.Open]), which is right for users with many dialogs.
	Messages int
	// Whole reads each new message again. An update of a new message has neither its exact time nor
	// its quote nor its status counts: see [LocalStore.Untold].
	Whole bool
}

// Follow keeps the store equal to what the service says: it opens the client's stream of updates, reads
// the dialogs, merges each update and reads what that asks for. An event comes when it is in the
// store. Everything else is as with [Client.Updates]. A store that was followed before goes on where the
// stream resumes, and reads everything again when it cannot.
//
// When the service cannot be asked for what is to be read, Follow tries again until it can. The resume
// token moves on after that, so that nothing is left out when the process ends meanwhile.
func (s *LocalStore) Follow(
	ctx context.Context, client *Client, opts FollowOptions,
) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		f := &follower{s, client, opts}
		for event, err := range client.Updates(ctx, opts.UpdatesOptions) {
			if err == nil {
				err = f.take(ctx, event)
			}
			if err != nil && ctx.Err() != nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(event, nil) {
				return
			}
		}
	}
}

// Open reads the newest messages of a dialog, and lets [LocalStore.Follow] keep as many up to date. It
// may be called while Follow runs.
func (s *LocalStore) Open(ctx context.Context, client *Client, dialogID string, messages int) error {
	f := &follower{s, client, FollowOptions{Messages: messages}}
	merged, stop := s.record(dialogID, messages)
	defer stop()
	if err := f.readMessages(ctx, dialogID); err != nil {
		return err
	}
	// The answer can be older than an update that was merged while it was on its way.
	for _, update := range merged() {
		for _, read := range s.Merge(update) {
			if err := f.read(ctx, read); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close forgets the messages of a dialog that was opened, and lets [LocalStore.Follow] read none of it any
// more; the dialog itself stays. Messages that are new in it are kept again, as those of any dialog.
func (s *LocalStore) Close(dialogID string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.opened, dialogID)
	s.forget(dialogID)
}

// record begins to keep the updates that are merged, for a read that is on its way. The first function
// returns them and ends that; so does the second, and both may be called.
func (s *LocalStore) record(dialogID string, messages int) (func() []*userv1.Update, func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.opened[dialogID] = messages
	kept := &[]*userv1.Update{}
	s.records[kept] = true
	stop := func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		delete(s.records, kept)
	}
	return func() []*userv1.Update { stop(); return *kept }, stop
}

type follower struct {
	store  *LocalStore
	client *Client
	opts   FollowOptions
}

func (f *follower) take(ctx context.Context, event Event) error {
	switch event := event.(type) {
	case Connected:
		if event.Outcome == userv1.ResumeOutcome_RESUME_OUTCOME_FRESH || !f.store.isLoaded() {
			return f.insist(ctx, f.load)
		}
	case Gap:
		return f.insist(ctx, f.load)
	case Update:
		for _, read := range f.reads(event.Update) {
			if err := f.insist(ctx, func(ctx context.Context) error { return f.read(ctx, read) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// insist reads until it succeeds, fails for good, or ctx ends.
func (f *follower) insist(ctx context.Context, read func(context.Context) error) error {
	waits := backoff{}
	for {
		err := read(ctx)
		wanted, again := time.Duration(0), !errors.Is(err, ErrUnauthenticated)
		if failure, ok := err.(*Error); ok {
			wanted, again = failure.RetryDelay, failure.Temporary()
		}
		// What is no failure of a call is one of the application's source of tokens.
		if err == nil || !again {
			return err
		}
		if err := pause(ctx, waits.next(wanted)); err != nil {
			return err
		}
	}
}

// load reads everything anew.
func (f *follower) load(ctx context.Context) error {
	me, err := f.client.GetMyself(ctx, &userv1.GetMyselfRequest{})
	if err != nil {
		return err
	}
	var dialogs []*userv1.Dialog
	for dialog, err := range f.client.Dialogs(ctx,
		&userv1.GetUserDialogsRequest{IncludeLastMessage: true}) {
		if err != nil {
			return err
		}
		dialogs = append(dialogs, dialog)
	}
	f.store.PutMyself(me.GetUser(), me.GetStats())
	f.store.PutDialogs(dialogs)
	for _, dialog := range dialogs {
		if err := f.readMessages(ctx, dialog.GetDialogId()); err != nil {
			return err
		}
	}
	f.store.mutex.Lock()
	defer f.store.mutex.Unlock()
	f.store.loaded = true
	return nil
}

func (s *LocalStore) isLoaded() bool {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.loaded
}

// reads merges an update and says what to read.
func (f *follower) reads(update *userv1.Update) []Read {
	reads := f.store.Merge(update)
	if update.MessageId == nil {
		return reads
	}
	dialogID, messageID := update.GetDialogId(), update.GetMessageId()
	message := Read{ReadMessage, dialogID, messageID}
	if created := update.GetMessageCreated(); created != nil {
		if f.opts.Whole && !slices.Contains(reads, message) {
			reads = append(reads, message)
		}
		return reads
	}
	// A message that changes and was not read stands in the list of dialogs all the same.
	dialog := Read{What: ReadDialog, DialogID: dialogID}
	last := f.store.Dialog(dialogID).GetLastMessage().GetMessageId() == messageID
	if last && f.store.Message(dialogID, messageID) == nil && !slices.Contains(reads, dialog) {
		reads = append(reads, dialog)
	}
	return reads
}

// read reads what an update did not carry. What is not there any more is taken away.
func (f *follower) read(ctx context.Context, read Read) error {
	switch read.What {
	case ReadMessages:
		return f.readMessages(ctx, read.DialogID)
	case ReadMessage:
		response, err := f.client.GetMessage(ctx,
			&userv1.GetMessageRequest{DialogId: read.DialogID, MessageId: read.MessageID})
		if err == nil {
			f.store.PutMessages(response.GetMessage())
		}
		return f.gone(read.DialogID, err)
	}
	response, err := f.client.GetDialog(ctx,
		&userv1.GetDialogRequest{DialogId: read.DialogID, IncludeLastMessage: true})
	if err == nil {
		f.store.PutDialog(response.GetDialog())
	}
	return f.gone(read.DialogID, err)
}

// readMessages reads the newest messages of a dialog, if anybody wants them.
func (f *follower) readMessages(ctx context.Context, dialogID string) error {
	f.store.mutex.RLock()
	wanted := max(f.opts.Messages, f.store.opened[dialogID])
	f.store.mutex.RUnlock()
	if wanted == 0 {
		f.store.ReplaceMessages(dialogID, nil)
		return nil
	}
	found, err := newest(ctx, f.client, dialogID, wanted)
	if err == nil {
		f.store.ReplaceMessages(dialogID, found)
	}
	return f.gone(dialogID, err)
}

// gone takes a dialog away that the user is no member of. What else was not found needs nothing.
func (f *follower) gone(dialogID string, err error) error {
	switch {
	case errors.Is(err, ReasonNotAMember):
		f.store.RemoveDialog(dialogID)
		return nil
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return err
}

// newest reads the newest messages of a dialog.
func newest(ctx context.Context, client *Client, dialogID string, count int) ([]*userv1.Message, error) {
	var found []*userv1.Message
	request := &userv1.GetDialogMessagesRequest{
		DialogId: dialogID, PageSize: int32(min(count, largestPage)),
	}
	for message, err := range client.Messages(ctx, request) {
		if err != nil {
			return nil, err
		}
		if found = append(found, message); len(found) >= count {
			break
		}
	}
	return found, nil
}
