// An example client: it lists dialogs, sends a message, explains a failure and watches updates.
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	userv1 "chat3.example/client/gen/chat3/user/v1"
)

const callTimeout = 10 * time.Second

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil && ctx.Err() == nil {
		explain(err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	count, err := strconv.Atoi(env("CHAT3_COUNT", "-1"))
	if err != nil {
		return err
	}
	security := insecure.NewCredentials()
	if os.Getenv("CHAT3_TLS") != "" {
		security = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	connection, err := grpc.NewClient(
		env("CHAT3_ADDRESS", "127.0.0.1:50051"), grpc.WithTransportCredentials(security))
	if err != nil {
		return err
	}
	defer connection.Close()
	// Identity travels in the metadata of every call; the user id percent-encoded.
	ctx = metadata.AppendToOutgoingContext(ctx,
		"x-api-key", os.Getenv("CHAT3_API_KEY"),
		"x-tenant-id", env("CHAT3_TENANT", "tnt_default"),
		"x-user-id", url.PathEscape(os.Getenv("CHAT3_USER")))
	client := userv1.NewUserServiceClient(connection)
	// Everything that happens after the stream is open is on the stream: what is read then and
	// what comes later make a complete picture.
	return watch(ctx, client, count, func() error { return greet(ctx, client) })
}

// greet lists the dialogs, writes into the first one, and shows what a failure looks like.
func greet(ctx context.Context, client userv1.UserServiceClient) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	dialogs, err := list(ctx, client)
	if err != nil {
		return err
	}
	for _, dialog := range dialogs {
		title := dialog.Meta.GetFields()["title"].GetStringValue()
		fmt.Printf("dialog %s %q, %d unread\n",
			dialog.DialogId, title, dialog.Membership.GetUnreadCount())
	}
	if len(dialogs) == 0 {
		return nil
	}
	message, err := send(ctx, client, dialogs[0].DialogId, "Hello from Go")
	if err != nil {
		return err
	}
	fmt.Printf("sent %s\n", message.GetMessageId())
	if _, err := send(ctx, client, "no-such-dialog", "Hello?"); err != nil {
		explain(err)
	}
	return nil
}

// list reads all pages of the dialogs. A dialog that moves meanwhile can come twice.
func list(ctx context.Context, client userv1.UserServiceClient) ([]*userv1.Dialog, error) {
	dialogs := []*userv1.Dialog{}
	request := &userv1.GetUserDialogsRequest{PageSize: 20}
	for {
		page, err := client.GetUserDialogs(ctx, request)
		if err != nil {
			return nil, err
		}
		dialogs = append(dialogs, page.Dialogs...)
		if page.NextPageToken == "" {
			return dialogs, nil
		}
		request.PageToken = page.NextPageToken
	}
}

// send writes a message once, however often it has to ask: every attempt carries the same key.
func send(
	ctx context.Context, client userv1.UserServiceClient, dialogID, text string,
) (*userv1.Message, error) {
	request := &userv1.SendMessageRequest{
		DialogId: dialogID, Content: text, IdempotencyKey: rand.Text()}
	for attempt := 1; ; attempt++ {
		response, err := client.SendMessage(ctx, request)
		if err == nil {
			return response.Message, nil
		}
		if attempt == 4 || status.Code(err) != codes.Unavailable {
			return nil, err
		}
		if err := pause(ctx, attempt, err); err != nil {
			return nil, err
		}
	}
}

// watch prints updates until it has seen count of them, and opens the stream again where it broke.
func watch(
	ctx context.Context, client userv1.UserServiceClient, count int, opened func() error,
) error {
	token := ""
	for failures := 1; ; failures++ {
		stream, err := client.SubscribeUpdates(ctx,
			&userv1.SubscribeUpdatesRequest{ResumeToken: token})
		for err == nil {
			var response *userv1.SubscribeUpdatesResponse
			if response, err = stream.Recv(); err != nil {
				break
			}
			switch event := response.Event.(type) {
			case *userv1.SubscribeUpdatesResponse_ConnectionEstablished:
				fmt.Printf("connected, %s\n", event.ConnectionEstablished.ResumeOutcome)
				if opened != nil {
					if err := opened(); err != nil {
						return err
					}
					opened = nil
				}
			case *userv1.SubscribeUpdatesResponse_Update:
				failures = 0
				count--
				show(event.Update)
			case *userv1.SubscribeUpdatesResponse_Gap:
				fmt.Printf("gap %s: reload %v\n", event.Gap.Reason, event.Gap.Reload)
			}
			// After its response was dealt with: a crash shows one again and loses none.
			token = response.ResumeToken
			if count == 0 {
				return nil
			}
		}
		if !passing(err) {
			return err
		}
		explain(err)
		if err := pause(ctx, failures, err); err != nil {
			return err
		}
	}
}

func show(update *userv1.Update) {
	switch payload := update.Payload.(type) {
	case *userv1.Update_MessageCreated:
		message := payload.MessageCreated.Message
		fmt.Printf("message %s: %s\n", message.GetSenderId(), message.GetContent())
	default:
		fmt.Printf("%s %s\n", update.Kind, update.GetDialogId())
	}
}

// passing says whether the same call can succeed later.
func passing(err error) bool {
	// A stream never ends with OK; when it seems to, something between cut it off.
	return errors.Is(err, io.EOF) || status.Code(err) == codes.Unavailable ||
		detail[*errdetails.RetryInfo](err) != nil
}

// pause waits as long as the service wants, or ever longer, with jitter.
func pause(ctx context.Context, attempt int, err error) error {
	delay := min(30*time.Second, 500*time.Millisecond<<min(attempt, 10))
	if info := detail[*errdetails.RetryInfo](err); info != nil {
		delay = (*info).RetryDelay.AsDuration()
	}
	select {
	case <-time.After(delay + mathrand.N(delay/2+1)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// explain prints the reason of a failure, which code can rely on, and the fields that break a rule.
func explain(err error) {
	reason := status.Code(err).String()
	if info := detail[*errdetails.ErrorInfo](err); info != nil {
		reason = (*info).Reason
	}
	log.Printf("%s: %s", reason, status.Convert(err).Message())
	if bad := detail[*errdetails.BadRequest](err); bad != nil {
		for _, violation := range (*bad).FieldViolations {
			log.Printf("  %s: %s", violation.Field, violation.Description)
		}
	}
}

// detail finds the status detail of one type.
func detail[T any](err error) *T {
	for _, found := range status.Convert(err).Details() {
		if wanted, ok := found.(T); ok {
			return &wanted
		}
	}
	return nil
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
