package chat3

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstDelay         = 500 * time.Millisecond
	longestDelay       = 15 * time.Second // of streams
	longestDelayOfCall = 5 * time.Second  // somebody waits for the answer
)

// backoff says how long to wait before the next attempt: longer each time, with jitter from the
// first time on, because clients that lost one server together must not come back together.
type backoff struct {
	longest  time.Duration // longestDelay when 0
	failures int
}

// next returns the delay before the next attempt. A delay that the service asked for is never cut
// short.
func (b *backoff) next(wanted time.Duration) time.Duration {
	ceiling := min(cmp.Or(b.longest, longestDelay), firstDelay<<min(b.failures, 10))
	b.failures++
	if wanted > 0 {
		return wanted + rand.N(wanted/2+1)
	}
	return ceiling/2 + rand.N(ceiling/2+1)
}

// reset makes the next failure a first one.
func (b *backoff) reset() { b.failures = 0 }

// pause waits; it returns the context's error when that ends first.
func pause(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ends reports whether a context ends within a delay.
func ends(ctx context.Context, delay time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && time.Until(deadline) <= delay
}
