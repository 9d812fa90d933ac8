// Package connector is the contract of connectors: the declaration that planner,
// help and completion read, the constructors that session's runs use, and the
// environment they are given. Each connector is a folder beside this one; package
// connectors lists them.
package connector

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/fullcache"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
)

// Connector is one kind of external system: its declaration and how to open it. A
// nil constructor means that the connector does not offer it. Constructors check
// the spec but need not connect; that may wait for Splits, Writer or Lookup.
type Connector struct {
	catalog.Connector
	NewSource func(ctx context.Context, env *Env, spec *physical.Source) (exec.Source, error)
	NewSink   func(ctx context.Context, env *Env, spec *physical.Sink) (exec.Sink, error)
	NewLookup func(ctx context.Context, env *Env, spec *physical.LookupJoin) (exec.Lookup, error)
	// NewFullCache holds a table in memory, once for all tasks that look it up. Without it,
	// a table that is to be held in memory is read through NewSource. closed is to be
	// called when the last task is done with it.
	NewFullCache func(ctx context.Context, env *Env, spec *physical.LookupJoin, closed func()) (*fullcache.Table, error)
	// CountPartitions tells how many of a table's partitions a scan reads; it opens no file. nil = it has none.
	CountPartitions func(ctx context.Context, env *Env, scan physical.Scan) (read, all int, err error)
}

// Env is what a connector may use of the world.
type Env struct {
	// Dir is the project's directory, absolute; relative paths start there. Root is
	// opened on it and is the only way to files inside it.
	Dir  string
	Root *os.Root
	// AllowPath reports whether an absolute path outside the project may be used; nil
	// allows none.
	AllowPath func(path string) bool
	Formats   *format.Registry
	// Stdout and Stderr are where the print connector writes; nil discards.
	Stdout, Stderr io.Writer
	Clock          exec.Clock     // nil = the system's
	Zone           *time.Location // session time zone; nil = UTC
	// EmbeddedBroker starts (once a process) the in-process Kafka broker and gives its
	// address; nil if there is none.
	EmbeddedBroker func(ctx context.Context) (addr string, err error)
	Batch          bool // only final results count
	Parallelism    int  // readers a source may expect, for the size of splits; 0 = 1
	Logger         *slog.Logger
	// Snapshot tells how far the sources of a run of weir were read when it wrote a savepoint or checkpoint into a
	// folder; nil = there are none here.
	Snapshot func(dir string) ([]Progress, error)
	// Filters give sources the keys that joins collect for them; nil = there are none to wait for.
	Filters *exec.KeyFilters
	// Opened is told of every file of a table that is opened to be read; nil = nobody counts.
	Opened func(path string)
}

// Progress is how far one source had been read.
type Progress struct {
	Splits map[string][]byte // what Reader.Position gave, of the splits that had been begun
	Done   []string          // ids of the splits that had been read to their end
}

// Now is processing time.
func (e *Env) Now() time.Time {
	if e.Clock == nil {
		return time.Now()
	}
	return e.Clock.Now()
}

// Location is the session time zone, UTC if none is set.
func (e *Env) Location() *time.Location {
	if e.Zone == nil {
		return time.UTC
	}
	return e.Zone
}

// Log is the logger, one that discards if none is set.
func (e *Env) Log() *slog.Logger {
	if e.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return e.Logger
}
