package exec

import (
	"context"
	"errors"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// Split is a part of a source that is read by one reader in order: a file, a byte
// range of one, a Kafka partition. ID is unique in the source and stable across
// restarts.
type Split struct {
	ID   string
	Spec []byte // the connector's own description, opaque to others
	Size int64  // bytes or rows as a hint for balancing, 0 = unknown
	// Empty: there is nothing to read in it and never will be. Of splits that run side by side it
	// holds no watermark back, not even until it has been opened.
	Empty bool
}

// Source reads one table for one run. It is shared by the subtasks of a source node.
type Source interface {
	// Splits lists the parts to read. It is called once before reading begins; an
	// unbounded source whose parts may grow implements Discoverer too.
	Splits(ctx context.Context) ([]Split, error)
	// Open starts reading a split, at a position that Reader.Position gave, or nil
	// for its beginning.
	Open(ctx context.Context, split Split, position []byte) (Reader, error)
	Close() error
}

// Interleaved sources have splits that run side by side, such as Kafka partitions: all
// of a subtask's splits are read at once, and its watermark is the minimum over
// them. The splits of other sources are read one after the other, in the order of
// Splits, by whichever subtask is free.
type Interleaved interface{ Interleaved() bool }

// Resumer is a source whose parts depend on the run, such as on its parallelism: a run
// that goes on from another reads the parts of that one, of which some ids are given.
type Resumer interface{ Resume(ids []string) []Split }

// Discoverer finds parts that came after Splits; known ones may be given again. It
// is asked about once a second while Endless reports true; a source that is not
// endless ends with its last split.
type Discoverer interface {
	Discover(ctx context.Context) ([]Split, error)
	Endless() bool
}

// Partitioned is a source of a table with partitions: of how many of them something has been read
// so far, and how many have been found. It may be asked at any time.
type Partitioned interface{ Partitions() (read, all int) }

// Reader reads one split in order. Batches have the columns of physical.Scan.Read
// with exactly those types.
type Reader interface {
	// Read gives the next batch. It gives (nil, nil) when nothing came for a short
	// while (about 100 ms), so that the caller can look after timers and idleness, and
	// io.EOF at the end of a bounded split. It returns early when ctx is done.
	Read(ctx context.Context) (*vec.Batch, error)
	// Position tells where to resume after the rows given so far.
	Position() []byte
	Close() error
}

// Marker is a reader that gives the watermarks and the idleness of its split itself,
// as a fixture with a timeline does. Mark is asked after every Read, which may then
// have given no rows: the watermark that follows those rows (MinWatermark = none),
// and whether the split gives nothing for a while from now on.
type Marker interface {
	Mark() (wm int64, idle bool)
}

// Lagger is a reader that knows how many records it is behind.
type Lagger interface{ Lag() int64 }

// Skipper is a reader that was told to drop records it cannot decode; Skipped is
// their number so far.
type Skipper interface{ Skipped() int64 }

// Sink writes one output of one run. Writers are made one a subtask.
type Sink interface {
	Writer(ctx context.Context, subtask, parallelism int) (Writer, error)
	// Commit makes what the writers prepared visible, all of it or nothing; it may be
	// called again with the same commits after a crash and must then change nothing.
	Commit(ctx context.Context, commits [][]byte) error
	// Abort undoes what was not committed, e.g. removes temporary files.
	Abort(ctx context.Context) error
	Close() error
}

// Writer writes the rows of one subtask.
type Writer interface {
	// Write takes a batch with the columns of physical.Sink; it may keep it.
	Write(ctx context.Context, b *vec.Batch) error
	// Prepare makes all rows written since the last Prepare durable but not yet
	// visible, and describes them for Commit; nil if there is nothing. Sinks
	// without transactions flush and give nil.
	Prepare(ctx context.Context) ([]byte, error)
	Close() error
}

// WatermarkWriter is a writer that wants to know event time (partition commit).
type WatermarkWriter interface{ Watermark(wm int64) error }

// Lookup answers for rows of a dimension by key. It is used by one goroutine at a
// time unless it says it is Concurrent.
type Lookup interface {
	// Lookup finds the rows of a batch of keys, whose columns are the keys of
	// physical.LookupJoin in order. Row i of the result belongs to key row owner[i];
	// owner ascends. Result columns are Scan.Read.
	Lookup(ctx context.Context, keys *vec.Batch) (rows *vec.Batch, owner []int32, err error)
	Close() error
}

// ConcurrentLookup is a Lookup that several goroutines may use at once if Concurrent
// says so; an asynchronous lookup join then keeps several requests in flight.
type ConcurrentLookup interface {
	Lookup
	Concurrent() bool
}

// Fleeting is a sink whose system may drop what was prepared and not committed, as a
// transaction that times out. It is committed before other sinks, so that nothing else
// has become visible if it did.
type Fleeting interface{ Fleeting() bool }

// ErrCommitLost is wrapped by Sink.Commit if nothing of what it was given could be made
// visible, because the system has dropped it: the rows are as if never written.
var ErrCommitLost = errors.New("what was prepared is gone")

// CodeConnection is the code of diagnostics that say a system could not be reached:
// worth trying again (exit code 3).
const CodeConnection diag.Code = "W0540"

// Connectors opens what specs name. Session gives the runtime the real one; tests
// give it rows.
type Connectors interface {
	Source(ctx context.Context, spec *physical.Source) (Source, error)
	Sink(ctx context.Context, spec *physical.Sink) (Sink, error)
	Lookup(ctx context.Context, spec *physical.LookupJoin) (Lookup, error)
}
