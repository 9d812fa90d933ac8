package filesystem

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Sink writes a table as part files. Its protocol:
//
//	Write    rows go to .part-<run>-<subtask>-<n>.tmp in the directory of their partition
//	Prepare  all open parts are written out, synced and closed; the list of them is
//	         what the checkpoint keeps
//	Commit   each part of the list is renamed to part-<run>-<subtask>-<n>.<format>, then
//	         the directories are synced
//
// Renaming a part that is already renamed changes nothing, so a commit can be repeated
// after a crash. Names begin with a dot until then, which readers skip. A part ends at
// every checkpoint, as with Flink's bulk formats.
type Sink struct {
	env   *connector.Env
	table *table
	spec  *physical.Sink
	loc   *location
	run   string // names the parts of this run apart from those of others

	keys        []partitionKey
	encoder     format.EncoderConfig
	defaultName string
	commits     *partitionCommit // nil = partitions need no marker

	mu   sync.Mutex
	tmp  map[string]bool // parts not committed
	dirs []string        // directories made by this run, outermost first
}

// partitionKey is a partition column of the sink: a column of the rows, or the value
// of a static PARTITION clause.
type partitionKey struct {
	name  string
	col   int // -1 = static
	value string
}

var _ exec.Sink = (*Sink)(nil)

func newSink(_ context.Context, env *connector.Env, spec *physical.Sink) (exec.Sink, error) {
	t, err := newTable(env, spec.Table, spec.Options)
	if err != nil {
		return nil, err
	}
	text := t.options.String("path")
	if strings.ContainsAny(text, "*?[") {
		return nil, diag.Errorf("W0334", t.span, "path %q of table %q is a pattern, which cannot be written to", text, t.Path.Name)
	}
	loc, err := locate(env, text, t.span)
	if err != nil {
		return nil, err
	}
	s := &Sink{env: env, table: t, spec: spec, loc: loc, run: runName(), tmp: map[string]bool{},
		defaultName: t.options.String("partition.default-name")}
	if err := errors.Join(s.plan(), t.options.Err()); err != nil {
		loc.Close()
		return nil, err
	}
	return s, nil
}

func runName() string {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // never happens: rand.Read ends the process itself
	}
	return hex.EncodeToString(b[:])
}

// plan tells partition columns from those inside the files and checks the format.
func (s *Sink) plan() error {
	s.encoder = format.EncoderConfig{Options: s.table.formatOptions, Terminator: "\n", Zone: s.table.zone}
	for i, c := range s.spec.Columns {
		if slices.Contains(s.table.PartitionKey, c.Name) {
			continue
		}
		s.encoder.Fields = append(s.encoder.Fields, types.Field{Name: c.Name, Type: c.Type})
		s.encoder.Columns = append(s.encoder.Columns, i)
	}
	for _, name := range s.table.PartitionKey {
		k := partitionKey{name: name, col: slices.IndexFunc(s.spec.Columns, func(c physical.SinkColumn) bool { return c.Name == name })}
		if v, ok := s.spec.Partition[name]; ok {
			k.col, k.value = -1, v
			if v == "" {
				k.value = s.defaultName
			}
		} else if k.col < 0 {
			return diag.Errorf("W0513", s.table.span, "partition column %q of table %q is not written", name, s.table.Path.Name)
		}
		s.keys = append(s.keys, k)
	}
	var err error
	if s.commits, err = newPartitionCommit(s); err != nil {
		return err
	}
	switch f := s.table.format; {
	case f.CreateFile != nil:
		return nil
	case f.NewEncoder == nil:
		return diag.Errorf("W0335", s.table.OptionSpans["format"].Value, "format %q cannot be written", f.Name)
	default:
		_, err := f.NewEncoder(s.encoder)
		return err
	}
}

// Writer makes the writer of a subtask.
func (s *Sink) Writer(_ context.Context, subtask, _ int) (exec.Writer, error) {
	st, err := s.loc.root.Stat(s.loc.rel)
	if err == nil && !st.IsDir() {
		return nil, diag.Errorf("W0514", s.table.span, "table %q is written as part files in a directory, but %q is a file", s.table.Path.Name, s.loc.shown)
	}
	o := s.table.options
	w := &writer{sink: s, subtask: subtask, parts: map[string]*part{}, watermark: math.MinInt64,
		maxSize:  o.Memory("sink.rolling-policy.file-size"),
		maxAge:   o.Duration("sink.rolling-policy.rollover-interval"),
		maxQuiet: o.Duration("sink.rolling-policy.inactivity-interval"),
		check:    o.Duration("sink.rolling-policy.check-interval")}
	if s.env.Batch {
		w.maxAge, w.maxQuiet = 0, 0 // time is no reason to end a file when nobody waits for it
	}
	return w, o.Err()
}

// create makes a part file and the directories it needs.
func (s *Sink) create(rel string) (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.makeDir(path.Dir(rel)); err != nil {
		return nil, ioError(err, s.loc.show(path.Dir(rel)))
	}
	f, err := s.loc.root.OpenFile(rel, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, ioError(err, s.loc.show(rel))
	}
	s.tmp[rel] = true
	return f, nil
}

// makeDir makes a directory, remembering those that were not there.
func (s *Sink) makeDir(dir string) error {
	if dir == "." {
		return nil
	}
	if _, err := s.loc.root.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.makeDir(path.Dir(dir)); err != nil {
		return err
	}
	if err := s.loc.root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	s.dirs = append(s.dirs, dir)
	return nil
}

// Abort removes the parts that were not committed, and the directories made for them
// if nothing else is in them.
func (s *Sink) Abort(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for rel := range s.tmp {
		if err := s.loc.root.Remove(rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, ioError(err, s.loc.show(rel)))
		}
	}
	clear(s.tmp)
	for _, dir := range slices.Backward(s.dirs) {
		_ = s.loc.root.Remove(dir) // fails if something is in it, which then stays
	}
	s.dirs = nil
	return errors.Join(errs...)
}

// Close releases the directory. Uncommitted parts stay for a commit after restart.
func (s *Sink) Close() error { return s.loc.Close() }
