package chat3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// ResumeStore keeps the resume token of one stream of one user: where the next stream goes on. It is
// called by one goroutine at a time.
type ResumeStore interface {
	// Load returns the stored token; empty when there is none.
	Load(ctx context.Context) (string, error)
	// Save replaces the token; an empty one means none. It is called when the consumer has dealt with
	// the event of the token.
	Save(ctx context.Context, token string) error
}

// MemoryResumeStore keeps a token for as long as the process runs. The zero value is ready.
type MemoryResumeStore struct {
	mutex sync.Mutex
	token string
}

// Load returns the token.
func (m *MemoryResumeStore) Load(context.Context) (string, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.token, nil
}

// Save replaces the token.
func (m *MemoryResumeStore) Save(_ context.Context, token string) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.token = token
	return nil
}

// FileResumeStore keeps a token in the file of this path. The file is replaced as a whole, so that a
// process or a machine that dies leaves the old token or the new one; its folder is made. Each user needs a
// file of its own.
type FileResumeStore string

// Load reads the file. A file that does not exist holds no token.
func (f FileResumeStore) Load(context.Context) (string, error) {
	content, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("chat3: reading the resume token: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}

// Save writes a new file beside the old one and renames it.
func (f FileResumeStore) Save(_ context.Context, token string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("chat3: saving the resume token: %w", err)
		}
	}()
	folder, pattern := filepath.Dir(string(f)), filepath.Base(string(f))+".*.new"
	fresh, err := os.CreateTemp(folder, pattern)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(folder, 0o700); err == nil {
			fresh, err = os.CreateTemp(folder, pattern)
		}
	}
	if err != nil {
		return err
	}
	defer os.Remove(fresh.Name()) // fails, as it should, once the file is renamed
	_, err = fresh.WriteString(token + "\n")
	if err == nil {
		err = fresh.Sync()
	}
	if closing := fresh.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(fresh.Name(), string(f))
}
