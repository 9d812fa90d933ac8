package result

import (
	"sync"

	"github.com/weir-sql/weir/exec/vec"
)

// Locked lets several tasks write to one writer, under a lock that may be shared
// with other writers of the same stream.
func Locked(w Writer, mu *sync.Mutex) Writer { return &locked{w, mu} }

type locked struct {
	Writer
	mu *sync.Mutex
}

func (l *locked) Write(b *vec.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Writer.Write(b)
}

func (l *locked) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Writer.Flush()
}
