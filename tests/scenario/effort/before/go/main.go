// The product features on the generated stubs: see tests/scenario/effort/README.md.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

const (
	deadline = 15 * time.Second
	patience = time.Minute
	keptIDs  = 1000
)

type callFailed struct {
	reason string
	fields []string
}

func (failed *callFailed) Error() string { return failed.reason }

func failedFor(err error) *callFailed {
	failed := &callFailed{reason: status.Code(err).String()}
	if info := detail[*errdetails.ErrorInfo](err); info != nil {
		failed.reason = (*info).Reason
	}
	if bad := detail[*errdetails.BadRequest](err); bad != nil {
		for _, violation := range (*bad).FieldViolations {
			failed.fields = append(failed.fields, violation.Field)
		}
	}
	return failed
}

func detail[T any](err error) *T {
	for _, found := range status.Convert(err).Details() {
		if wanted, ok := found.(T); ok {
			return &wanted
		}
	}
	return nil
}

func passes(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded:
		return true
	case codes.Unknown, codes.Internal, codes.Canceled:
		return errors.Is(err, io.EOF) || detail[*errdetails.ErrorInfo](err) == nil
	default:
		return detail[*errdetails.RetryInfo](err) != nil
	}
}

func pause(failures int, err error) time.Duration {
	if info := detail[*errdetails.RetryInfo](err); info != nil {
		wanted := (*info).RetryDelay.AsDuration()
		return wanted + mathrand.N(wanted/2+1)
	}
	return mathrand.N(min(30*time.Second, 250*time.Millisecond<<min(failures, 10)))
}

type resumeFile struct{ path, token string }

func openResumeFile(path string) (*resumeFile, error) {
	token, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return &resumeFile{path, strings.TrimSpace(string(token))}, nil
}

func (resume *resumeFile) save(token string) error {
	resume.token = token
	if err := os.WriteFile(resume.path+".new", []byte(token), 0o600); err != nil {
		return err
	}
	return os.Rename(resume.path+".new", resume.path)
}

type client struct{ stub userv1.UserServiceClient }

func call[T any](ctx context.Context, attempt func(context.Context) (T, error)) (T, error) {
	giveUp := time.Now().Add(patience)
	for failures := 1; ; failures++ {
		limited, cancel := context.WithTimeout(ctx, deadline)
		answer, err := attempt(limited)
		cancel()
		if err == nil {
			return answer, nil
		}
		if !passes(err) || time.Now().After(giveUp) {
			return answer, failedFor(err)
		}
		time.Sleep(pause(failures, err))
	}
}

func (client *client) dialogs(ctx context.Context) ([]*userv1.Dialog, error) {
	var dialogs []*userv1.Dialog
	request := &userv1.GetUserDialogsRequest{PageSize: 100}
	for {
		page, err := call(ctx, func(ctx context.Context) (*userv1.GetUserDialogsResponse, error) {
			return client.stub.GetUserDialogs(ctx, request)
		})
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

func (client *client) send(ctx context.Context, dialogID, text string) (string, error) {
	request := &userv1.SendMessageRequest{
		DialogId: dialogID, Content: text, IdempotencyKey: rand.Text()}
	answer, err := call(ctx, func(ctx context.Context) (*userv1.SendMessageResponse, error) {
		return client.stub.SendMessage(ctx, request)
	})
	return answer.GetMessage().GetMessageId(), err
}

func (client *client) updates(
	ctx context.Context, resume *resumeFile,
) iter.Seq2[*userv1.SubscribeUpdatesResponse, error] {
	return func(yield func(*userv1.SubscribeUpdatesResponse, error) bool) {
		var seen []string
		for failures := 1; ; failures++ {
			streaming, cancel := context.WithCancel(ctx)
			silence := deadline
			watchdog := time.AfterFunc(silence, cancel)
			request := &userv1.SubscribeUpdatesRequest{ResumeToken: resume.token}
			stream, err := client.stub.SubscribeUpdates(streaming, request)
			for err == nil {
				var response *userv1.SubscribeUpdatesResponse
				if response, err = stream.Recv(); err != nil {
					break
				}
				watchdog.Stop()
				failures = 0
				if interval := response.GetConnectionEstablished().GetHeartbeatInterval(); interval != nil {
					silence = 2 * interval.AsDuration()
				}
				id := response.GetUpdate().GetUpdateId()
				if (id == "" || !slices.Contains(seen, id)) && !yield(response, nil) {
					cancel()
					return
				}
				if seen = append(seen, id); len(seen) > keptIDs {
					seen = seen[1:]
				}
				if err := resume.save(response.ResumeToken); err != nil {
					cancel()
					yield(nil, err)
					return
				}
				watchdog.Reset(silence)
			}
			watchdog.Stop()
			cancel()
			if !passes(err) {
				yield(nil, failedFor(err))
				return
			}
			time.Sleep(pause(failures, err))
		}
	}
}

func (client *client) show(ctx context.Context) (string, error) {
	dialogs, err := client.dialogs(ctx)
	if err != nil {
		return "", err
	}
	for _, dialog := range dialogs {
		fmt.Printf("dialog %s, %d unread\n", dialog.DialogId, dialog.GetMembership().GetUnreadCount())
	}
	return dialogs[0].DialogId, nil
}

func (client *client) greet(ctx context.Context) error {
	first, err := client.show(ctx)
	if err != nil {
		return err
	}
	sent, err := client.send(ctx, first, "Hello")
	if err != nil {
		return err
	}
	fmt.Printf("sent %s\n", sent)
	_, err = client.send(ctx, "no-such-dialog", "Hello?")
	var failed *callFailed
	if !errors.As(err, &failed) {
		return err
	}
	fmt.Printf("refused %s %s\n", failed.reason, strings.Join(failed.fields, ","))
	return nil
}

func run(ctx context.Context) error {
	// A connection that is dead is given up, and not only its streams.
	alive := keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}
	connection, err := grpc.NewClient(os.Getenv("CHAT3_ADDRESS"),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithKeepaliveParams(alive))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx = metadata.AppendToOutgoingContext(ctx,
		"x-api-key", os.Getenv("CHAT3_API_KEY"),
		"x-tenant-id", os.Getenv("CHAT3_TENANT"),
		"x-user-id", url.PathEscape(os.Getenv("CHAT3_USER")))
	resume, err := openResumeFile(os.Args[1])
	if err != nil {
		return err
	}
	fresh := resume.token == ""
	client := &client{userv1.NewUserServiceClient(connection)}
	for response, err := range client.updates(ctx, resume) {
		if err != nil {
			return err
		}
		switch event := response.Event.(type) {
		case *userv1.SubscribeUpdatesResponse_ConnectionEstablished:
			if fresh {
				fresh = false
				err = client.greet(ctx)
			}
		case *userv1.SubscribeUpdatesResponse_Gap:
			_, err = client.show(ctx)
		case *userv1.SubscribeUpdatesResponse_Update:
			if created := event.Update.GetMessageCreated(); created != nil {
				fmt.Printf("message %s\n", created.Message.GetContent())
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
