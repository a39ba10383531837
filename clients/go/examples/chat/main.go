// An example client: it lists dialogs, sends a message, explains a failure and watches updates.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	count, err := strconv.Atoi(env("CHAT3_COUNT", "-1"))
	if err != nil {
		return err
	}
	options := []chat3.Option{chat3.WithAPIKey(
		env("CHAT3_API_KEY", "demo-key"), env("CHAT3_TENANT", "tnt_default"), env("CHAT3_USER", "alice"))}
	if os.Getenv("CHAT3_TLS") == "" {
		options = append(options, chat3.WithPlaintext())
	}
	client, err := chat3.NewClient(env("CHAT3_ADDRESS", "127.0.0.1:50051"), options...)
	if err != nil {
		return err
	}
	defer client.Close()
	greeted := false
	for event, err := range client.Updates(ctx, chat3.UpdatesOptions{}) {
		if err != nil {
			return err
		}
		switch event := event.(type) {
		case chat3.Connected:
			fmt.Printf("connected, %s\n", event.Outcome)
			// What is read now and the updates that follow make a complete picture.
			if !greeted {
				greeted = true
				if err := greet(ctx, client); err != nil {
					return err
				}
			}
		case chat3.Update:
			show(event)
			if count--; count == 0 {
				return nil
			}
		case chat3.Gap:
			fmt.Printf("gap %s: read %v again\n", event.Reason, event.Reload)
		case chat3.Disconnected:
			log.Printf("%v; again in %s", event.Err, event.RetryIn)
		}
	}
	return nil
}

// greet lists the dialogs, writes into the first one, and shows what a failure looks like.
func greet(ctx context.Context, client *chat3.Client) error {
	first := ""
	for dialog, err := range client.Dialogs(ctx, nil) {
		if err != nil {
			return err
		}
		if first == "" {
			first = dialog.DialogId
		}
		fmt.Printf("dialog %s %q, %d unread\n",
			dialog.DialogId, dialog.GetTitle(), dialog.GetMembership().GetUnreadCount())
	}
	if first == "" {
		return nil
	}
	message, err := client.Send(ctx, first, "Hello from Go")
	if err != nil {
		return err
	}
	fmt.Printf("sent %s\n", message.MessageId)
	_, err = client.Send(ctx, "no-such-dialog", "Hello?")
	var failure *chat3.Error
	if errors.As(err, &failure) {
		log.Printf("%s: %s", failure.Reason, failure.Message)
		for _, violation := range failure.Fields {
			log.Printf("  %s: %s", violation.Field, violation.Description)
		}
	}
	return nil
}

func show(update chat3.Update) {
	switch payload := update.GetPayload().(type) {
	case *userv1.Update_MessageCreated:
		message := payload.MessageCreated.GetMessage()
		fmt.Printf("message %s: %s\n", message.GetSenderId(), message.GetContent())
	default:
		fmt.Printf("%s %s\n", update.GetKind(), update.GetDialogId())
	}
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
