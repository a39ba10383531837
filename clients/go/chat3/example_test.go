package chat3_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/chat3/user-service/clients/go/chat3"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

var (
	ctx    = context.Background()
	client *chat3.Client
	tenant *chat3.TenantClient
	db     *sql.DB
)

func ExampleNewClient() {
	client, err := chat3.NewClient("https://chat.example.com",
		chat3.WithAPIKey("a key of the tenant", "tnt_default", "alice"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	message, err := client.Send(ctx, "dlg_demogeneral000000000", "Hello")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(message.MessageId)
}

// An app asks its own back end for the user's tokens.
func ExampleWithTokenSource() {
	signedIn := func(ctx context.Context) (chat3.Token, error) {
		token, expires, err := askMyBackEnd(ctx)
		if errors.Is(err, errSignedOut) {
			return chat3.Token{}, fmt.Errorf("%w: %w", chat3.ErrUnauthenticated, err)
		}
		return chat3.Token{Value: token, Expires: expires}, err
	}
	client, err := chat3.NewClient("https://chat.example.com",
		chat3.WithTokenSource(chat3.TokenSourceFunc(signedIn)))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
}

var errSignedOut = errors.New("signed out")

func askMyBackEnd(context.Context) (string, time.Time, error) { return "", time.Time{}, errSignedOut }

func ExampleClient_Updates() {
	for event, err := range client.Updates(ctx, chat3.UpdatesOptions{Store: chat3.FileResumeStore("alice.token")}) {
		if err != nil {
			log.Fatal(err)
		}
		switch event := event.(type) {
		case chat3.Update:
			fmt.Println(event.Kind, event.GetDialogId())
		case chat3.Gap:
			fmt.Println("read everything again")
		}
	}
}

// The effect of an update and the place after it are one transaction: after a crash, each update has
// had its effect once.
func ExampleUpdate_transaction() {
	for event, err := range client.Updates(ctx, chat3.UpdatesOptions{Store: place{db}}) {
		if err != nil {
			log.Fatal(err)
		}
		update, ok := event.(chat3.Update)
		if !ok {
			continue
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			log.Fatal(err)
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO outbox (message) VALUES (?)", update.GetMessageId())
		if err == nil {
			_, err = tx.ExecContext(ctx, "UPDATE place SET token = ?", update.ResumeToken)
		}
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			_ = tx.Rollback()
			log.Fatal(err)
		}
	}
}

// place is a ResumeStore with a row in a table. Save is called for heartbeats, too.
type place struct{ db *sql.DB }

func (p place) Load(ctx context.Context) (token string, err error) {
	err = p.db.QueryRowContext(ctx, "SELECT token FROM place").Scan(&token)
	return token, err
}

func (p place) Save(ctx context.Context, token string) error {
	_, err := p.db.ExecContext(ctx, "UPDATE place SET token = ?", token)
	return err
}

func ExampleError() {
	_, err := client.Send(ctx, "dlg_of_others", "Hello")
	if errors.Is(err, chat3.ReasonNotAMember) {
		fmt.Println("alice is not a member of this dialog")
	}
	var failure *chat3.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Code, failure.Reason, failure.RequestID)
	}
}

func ExampleAll() {
	request := &userv1.ListTopicsRequest{DialogId: "dlg_demogeneral000000000"}
	topics := chat3.All(ctx, client.ListTopics, request, (*userv1.ListTopicsResponse).GetTopics)
	for topic, err := range topics {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(topic.TopicId)
	}
}

func ExampleLocalStore_Follow() {
	store := chat3.NewLocalStore("alice")
	for _, err := range store.Follow(ctx, client, chat3.FollowOptions{Messages: 50}) {
		if err != nil {
			log.Fatal(err)
		}
		for _, dialog := range store.Dialogs() {
			fmt.Println(dialog.GetTitle(), dialog.GetMembership().GetUnreadCount())
		}
	}
}

func ExampleWatcher_Run() {
	watcher := tenant.Watch(chat3.WatchOptions{Store: chat3.FileWatchStore("/var/lib/bot")})
	watcher.Add("alice", "bob")
	err := watcher.Run(ctx, 8, func(_ context.Context, watched chat3.WatchEvent) error {
		if update, ok := watched.Event.(chat3.Update); ok {
			fmt.Println(watched.UserID, update.Kind)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
