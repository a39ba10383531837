package chat3

import (
	"context"
	"iter"

	"google.golang.org/grpc"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

// Client acts for one user. It has all methods of UserService, with requests and responses as they are
// generated from the contract, and is safe for concurrent use.
type Client struct {
	userv1.UserServiceClient
	conn *conn
}

// NewClient makes a client; it connects with the first call. The address is host:port, or a URL that
// begins with https:// or http://. TLS is used unless the URL begins with http:// or an option says
// otherwise. WithAPIKey or WithTokenSource says who the user is.
func NewClient(address string, opts ...Option) (*Client, error) {
	c, err := newConn(address, false, opts)
	if err != nil {
		return nil, err
	}
	return &Client{userv1.NewUserServiceClient(c), c}, nil
}

// Close ends the client's connection. Streams of updates have connections of their own, which end
// with their contexts.
func (c *Client) Close() error {
	c.conn.identity.close()
	return c.conn.close()
}

// Dialogs lists the user's dialogs page by page, newest interaction first; request may be nil. A
// dialog that moves to the top meanwhile comes once. One that is created meanwhile may be missing:
// open the stream of updates first, or use a [LocalStore].
func (c *Client) Dialogs(
	ctx context.Context, request *userv1.GetUserDialogsRequest,
) iter.Seq2[*userv1.Dialog, error] {
	if request == nil {
		request = &userv1.GetUserDialogsRequest{}
	}
	pages := All(ctx, c.GetUserDialogs, request, (*userv1.GetUserDialogsResponse).GetDialogs)
	return func(yield func(*userv1.Dialog, error) bool) {
		known := map[string]bool{}
		for dialog, err := range pages {
			if err == nil && known[dialog.GetDialogId()] {
				continue
			}
			known[dialog.GetDialogId()] = true
			if !yield(dialog, err) {
				return
			}
		}
	}
}

// History lists the messages of a dialog, newest first, without a gap or a repetition while others
// write. End the loop when you have enough.
func (c *Client) History(ctx context.Context, dialogID string) iter.Seq2[*userv1.Message, error] {
	return c.Messages(ctx, &userv1.GetDialogMessagesRequest{DialogId: dialogID})
}

// Messages lists the messages of a dialog as the request says: filtered, in another order, or from
// the middle.
func (c *Client) Messages(
	ctx context.Context, request *userv1.GetDialogMessagesRequest,
) iter.Seq2[*userv1.Message, error] {
	return All(ctx, c.GetDialogMessages, request, (*userv1.GetDialogMessagesResponse).GetMessages)
}

// Send writes a text into a dialog, once, and returns the message. SendMessage has all that a message
// can have, and tells about missing parts.
func (c *Client) Send(
	ctx context.Context, dialogID, text string, opts ...grpc.CallOption,
) (*userv1.Message, error) {
	response, err := c.SendMessage(ctx,
		&userv1.SendMessageRequest{DialogId: dialogID, Content: text}, opts...)
	return response.GetMessage(), err
}

// Updates streams everything that changes for the user, as [Updates] describes.
func (c *Client) Updates(ctx context.Context, opts UpdatesOptions) iter.Seq2[Event, error] {
	return newSubscription(c.conn, opts, openUserStream).events(ctx)
}
