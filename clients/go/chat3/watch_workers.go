package chat3

import (
	"context"
	"hash/maphash"
	"sync"
)

// waiting is how many events wait for workers at most. The last updates are remembered, so that none
// that waits is handed out again: waiting must be well below remembered.
const waiting = 1024

// Run gives the events of [Watcher.Events] to several workers, until handle fails, ctx ends, or the loop
// of events fails; it returns the error when all workers have ended. The events of one user are
// handled one after the other, in their order, those of different users at the same time.
//
// The resume token of an event is saved when handle has returned nil for it, so the events that a
// process had not dealt with when it was ended come again. WatchOptions.Store has to be safe for
// concurrent use. When workers are too slow, the stream waits for them.
func (w *Watcher) Run(
	ctx context.Context, workers int, handle func(context.Context, WatchEvent) error,
) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers = max(workers, 1)
	seed := maphash.MakeSeed()
	queues := make([]chan task, workers)
	var working sync.WaitGroup
	for index := range queues {
		queue := make(chan task, max(waiting/workers, 1))
		queues[index] = queue
		working.Go(func() { work(ctx, queue, w.opts.Store, handle, cancel) })
	}
	give := func(given task) error {
		select {
		case queues[maphash.String(seed, given.UserID)%uint64(workers)] <- given:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	save := func(_ context.Context, userID, token string) error {
		return give(task{WatchEvent{UserID: userID}, token})
	}
	for event, err := range w.events(ctx, save) {
		if err == nil {
			err = give(task{event, ""})
		}
		if err != nil {
			cancel(err)
			break
		}
	}
	for _, queue := range queues {
		close(queue)
	}
	working.Wait()
	return context.Cause(ctx)
}

// task is an event to handle, or the token that is to be saved when the events before it are handled.
type task struct {
	WatchEvent
	token string
}

// work does tasks. A user one of whose events was not handled keeps the token from before it.
func work(
	ctx context.Context, tasks <-chan task, store WatchStore,
	handle func(context.Context, WatchEvent) error, fail context.CancelCauseFunc,
) {
	left := map[string]bool{}
	for next := range tasks {
		switch {
		case left[next.UserID]:
		case next.Event == nil:
			if err := store.Save(context.WithoutCancel(ctx), next.UserID, next.token); err != nil {
				left[next.UserID] = true
				fail(final{err})
			}
		case ctx.Err() != nil:
			left[next.UserID] = true
		default:
			if err := handle(ctx, next.WatchEvent); err != nil {
				left[next.UserID] = true
				fail(err)
			}
		}
	}
}
