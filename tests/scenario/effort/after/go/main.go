// The product features with the library: see tests/scenario/effort/README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/chat3/user-service/clients/go/chat3"
)

func show(ctx context.Context, client *chat3.Client) (string, error) {
	first := ""
	for dialog, err := range client.Dialogs(ctx, nil) {
		if err != nil {
			return "", err
		}
		if first == "" {
			first = dialog.DialogId
		}
		fmt.Printf("dialog %s, %d unread\n", dialog.DialogId, dialog.GetMembership().GetUnreadCount())
	}
	return first, nil
}

func greet(ctx context.Context, client *chat3.Client) error {
	first, err := show(ctx, client)
	if err != nil {
		return err
	}
	message, err := client.Send(ctx, first, "Hello")
	if err != nil {
		return err
	}
	fmt.Printf("sent %s\n", message.MessageId)
	_, err = client.Send(ctx, "no-such-dialog", "Hello?")
	var failure *chat3.Error
	if !errors.As(err, &failure) {
		return err
	}
	fmt.Printf("refused %s ", failure.Reason)
	for _, violation := range failure.Fields {
		fmt.Print(violation.Field)
	}
	fmt.Println()
	return nil
}

func run(ctx context.Context) error {
	client, err := chat3.NewClient(os.Getenv("CHAT3_ADDRESS"), chat3.WithPlaintext(), chat3.WithAPIKey(
		os.Getenv("CHAT3_API_KEY"), os.Getenv("CHAT3_TENANT"), os.Getenv("CHAT3_USER")))
	if err != nil {
		return err
	}
	defer client.Close()
	_, missing := os.Stat(os.Args[1])
	fresh := missing != nil
	options := chat3.UpdatesOptions{Store: chat3.FileResumeStore(os.Args[1])}
	for event, err := range client.Updates(ctx, options) {
		if err != nil {
			return err
		}
		switch event := event.(type) {
		case chat3.Connected:
			if fresh {
				fresh = false
				err = greet(ctx, client)
			}
		case chat3.Gap:
			_, err = show(ctx, client)
		case chat3.Update:
			if created := event.GetMessageCreated(); created != nil {
				fmt.Printf("message %s\n", created.GetMessage().GetContent())
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
