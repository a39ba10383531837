package chat3

import (
	"context"
	"errors"
	"iter"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// MissedUpdates lists what the user has missed since the token in opts.Store, as [Update] and [Gap], without
// a stream, and ends: for programs that run for a moment only. The first time there is no token: nothing is
// listed, and the token of the present is saved; read dialogs and messages after that.
//
// Updates come in pages, and the token is saved page by page when the body of the loop has ended for the last
// event of one; events have no tokens of their own. A token that the service refuses becomes a gap of
// everything. opts.Heartbeat is not used.
func (c *Client) MissedUpdates(ctx context.Context, opts UpdatesOptions) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if opts.Store == nil {
			yield(nil, errors.New("chat3: MissedUpdates needs a store with a resume token"))
			return
		}
		token, err := opts.Store.Load(ctx)
		for more := true; more && err == nil; {
			var page *userv1.ListUpdatesResponse
			if page, err = c.listUpdates(ctx, opts, token); err != nil {
				break
			}
			if page.Gap != nil && !yield(Gap{page.Gap, ""}, nil) {
				return
			}
			for _, update := range page.GetUpdates() {
				if !yield(Update{update, ""}, nil) {
					return
				}
			}
			token, more = page.GetNextResumeToken(), page.GetHasMore()
			err = opts.Store.Save(context.WithoutCancel(ctx), token)
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// listUpdates reads a page, from the present when the token is refused: then with a gap of everything.
func (c *Client) listUpdates(
	ctx context.Context, opts UpdatesOptions, token string,
) (*userv1.ListUpdatesResponse, error) {
	request := &userv1.ListUpdatesRequest{
		ResumeToken: token, UpdateKinds: opts.Kinds, DialogIds: opts.DialogIDs,
	}
	var refused error = damaged()
	if token == "" || visible(token) {
		page, err := c.ListUpdates(ctx, request)
		if err == nil || token == "" ||
			!errors.Is(err, ReasonResumeTokenInvalid) && !errors.Is(err, ReasonResumeTokenForeign) {
			return page, err
		}
		refused = err
	}
	c.conn.options.log.InfoContext(ctx, "chat3: the resume token was refused", "error", refused)
	request.ResumeToken = ""
	page, err := c.ListUpdates(ctx, request)
	if err == nil {
		page.Gap = &userv1.Gap{Reload: []userv1.ReloadTarget{
			userv1.ReloadTarget_RELOAD_TARGET_DIALOGS, userv1.ReloadTarget_RELOAD_TARGET_MESSAGES,
		}}
	}
	return page, err
}
