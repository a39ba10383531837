package chat3

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
)

// longestName is of the 255 bytes that file systems allow: a new file has a longer name at first.
const longestName = 200

// WatchStore keeps the resume tokens of watched users. [Watcher.Events] calls it from one goroutine at a
// time, [Watcher.Run] from several, but never to save two tokens of one user at once.
type WatchStore interface {
	// Load returns the stored token of a user; empty when there is none.
	Load(ctx context.Context, userID string) (string, error)
	// Save replaces the token of a user.
	Save(ctx context.Context, userID, token string) error
}

// MemoryWatchStore keeps tokens for as long as the process runs. The zero value is ready.
type MemoryWatchStore struct {
	mutex  sync.Mutex
	tokens map[string]string
}

// Load returns the token of a user.
func (m *MemoryWatchStore) Load(_ context.Context, userID string) (string, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.tokens[userID], nil
}

// Save replaces the token of a user.
func (m *MemoryWatchStore) Save(_ context.Context, userID, token string) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.tokens == nil {
		m.tokens = map[string]string{}
	}
	m.tokens[userID] = token
	return nil
}

// FileWatchStore keeps the tokens in a folder, which is made: a file for each user, as [FileResumeStore]
// keeps it. A file is written for each event and each heartbeat of a user: use a database for thousands.
type FileWatchStore string

// Load reads the file of a user.
func (f FileWatchStore) Load(ctx context.Context, userID string) (string, error) {
	return f.file(userID).Load(ctx)
}

// Save replaces the file of a user.
func (f FileWatchStore) Save(ctx context.Context, userID, token string) error {
	return f.file(userID).Save(ctx, token)
}

func (f FileWatchStore) file(userID string) FileResumeStore {
	name := url.PathEscape(userID)
	if len(name) > longestName {
		name = fmt.Sprintf("#%x", sha256.Sum256([]byte(userID))) // no id is escaped so
	}
	return FileResumeStore(filepath.Join(string(f), name+".resume-token"))
}
