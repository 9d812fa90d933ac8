package filesystem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/prune"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
)

// splitSize is the length of the ranges in which large files are read. It does not
// depend on the number of readers, so that ranges keep their names when a job is
// restarted with another parallelism.
var splitSize int64 = 16 << 20

// Source reads the files of a table.
type Source struct {
	table       *table
	spec        physical.Scan
	loc         *location
	listing     listing
	defaultName string
	watching    bool

	inside  []int // columns of spec.Read that are inside the files
	decoder format.DecoderConfig
	await   []awaited // partitions for which the keys of a join decide
	opened  func(path string)
	counted partitionCount
	since   *seen // what is not read; nil = nothing
	until   *seen // what alone is read; nil = all
}

var (
	_ exec.Source      = (*Source)(nil)
	_ exec.Partitioned = (*Source)(nil)
	_ exec.Discoverer  = (*watcher)(nil)
)

// newSource resolves path and columns. It opens no file.
func newSource(_ context.Context, env *connector.Env, spec *physical.Source) (exec.Source, error) {
	s, err := openSource(env, spec.Scan)
	if err != nil {
		return nil, err
	}
	if err := s.readSnapshots(env); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if env.Filters != nil && env.Batch {
		for _, f := range spec.Await {
			s.await = append(s.await, awaited{f, env.Filters.Of(f)})
		}
	}
	if s.watching {
		return &watcher{s}, nil
	}
	return s, nil
}

func openSource(env *connector.Env, scan physical.Scan) (*Source, error) {
	t, err := newTable(env, scan.Table, scan.Options)
	if err != nil {
		return nil, err
	}
	loc, err := locate(env, t.options.String("path"), t.span)
	if err != nil {
		return nil, err
	}
	s := &Source{table: t, spec: scan, loc: loc,
		listing:     listing{loc: loc, keys: t.PartitionKey, at: t.span},
		defaultName: t.options.String("partition.default-name"),
		watching:    t.options.Duration("source.monitor-interval") > 0,
	}
	if pattern := t.options.String("source.path.regex-pattern"); pattern != "" {
		if s.listing.only, err = regexp.Compile("^(?:" + pattern + ")$"); err != nil {
			return nil, diag.Errorf("W0332", scan.Table.OptionSpans["source.path.regex-pattern"].Value, "'source.path.regex-pattern' is no regular expression: %v", err)
		}
	}
	if err := t.options.Err(); err != nil {
		return nil, err
	}
	if text := t.options.String("scan.partitions"); text != "" {
		if s.spec.Partitions, err = fixedPartitions(text, t.PartitionKey, scan.Table.OptionSpans["scan.partitions"].Value); err != nil {
			return nil, err
		}
	}
	s.opened = env.Opened
	s.listing.keep = func(values []string) (bool, error) {
		s.counted.find(values)
		keep, err := s.wanted(&file{Partition: values})
		return keep || err != nil, nil // what is wrong with a partition is told at its first file
	}
	return s, s.plan()
}

// plan tells the columns inside the files from those that are the same in all rows
// of a file, and checks that the format can read the former.
func (s *Source) plan() error {
	s.decoder = format.DecoderConfig{Options: s.table.formatOptions, Fields: s.table.fields, Zone: s.table.zone}
	probe := &file{Partition: make([]string, len(s.table.PartitionKey))}
	for i := range probe.Partition {
		probe.Partition[i] = s.defaultName
	}
	at := make([]int, len(s.spec.Read)) // column of Read → column inside, or -1
	for i, c := range s.spec.Read {
		if _, same, _ := s.constantOf(c, probe); same {
			at[i] = -1
			continue
		}
		at[i] = len(s.inside)
		s.inside = append(s.inside, i)
		s.decoder.Columns = append(s.decoder.Columns, c)
	}
	for _, f := range s.spec.Filters {
		if moved, ok := onlyOver(f, at); ok {
			s.decoder.Filters = append(s.decoder.Filters, moved)
		}
	}
	if s.table.format.NewDecoder == nil {
		return nil // checked when a file is opened
	}
	_, err := s.table.format.NewDecoder(s.decoder)
	return err
}

// onlyOver renumbers the columns of a conjunct; ok is false if one of them is not there.
func onlyOver(e rex.Expr, at []int) (rex.Expr, bool) {
	ok := true
	moved := rex.Map(e, func(x rex.Expr) rex.Expr {
		r, isRef := x.(*rex.Ref)
		if !isRef {
			return x
		}
		if r.Index >= len(at) || at[r.Index] < 0 {
			ok = false
			return x
		}
		return &rex.Ref{Index: at[r.Index], T: r.T, Name: r.Name}
	})
	return moved, ok
}

// piece is the part of a file that one split covers: bytes [Start, End) of a text,
// or parts [Start, End) of a structured file.
type piece struct {
	file
	Start, End int64
	Whole      bool // the file is read from its beginning to its end
}

// Splits lists what there is to read.
func (s *Source) Splits(ctx context.Context) ([]exec.Split, error) {
	files, err := s.listing.files(ctx)
	if err != nil {
		return nil, err
	}
	var out []exec.Split
	for i := range files {
		f := &files[i]
		if f.Size == 0 {
			continue
		}
		keep, err := s.wanted(f)
		if err != nil {
			return nil, err
		}
		if !keep {
			continue
		}
		pieces, err := s.pieces(f)
		if err != nil {
			return nil, err
		}
		for _, p := range pieces {
			split, err := p.split()
			if err != nil {
				return nil, err
			}
			wanted, err := s.between(split.ID)
			if err != nil {
				return nil, err
			}
			if wanted {
				out = append(out, split)
			}
		}
	}
	return out, nil
}

func (p *piece) split() (exec.Split, error) {
	spec, err := json.Marshal(p)
	if err != nil {
		return exec.Split{}, err
	}
	id := p.Rel
	if !p.Whole {
		id = fmt.Sprintf("%s#%d-%d", p.Rel, p.Start, p.End)
	}
	return exec.Split{ID: id, Spec: spec, Size: p.size()}, nil
}

func (p *piece) size() int64 {
	if p.Whole {
		return p.Size
	}
	return max(p.End-p.Start, 1)
}

// wanted reports whether a file can hold rows that are asked for, by its partition.
func (s *Source) wanted(f *file) (bool, error) {
	if s.spec.Partitions != nil && !s.listed(f) {
		return false, nil
	}
	if len(s.spec.Filters) == 0 {
		return true, nil
	}
	ranges := make([]prune.Range, len(s.spec.Read))
	for i, c := range s.spec.Read {
		if f.Rel == "" && c.Metadata != "" {
			continue // a partition, of which the files are not known
		}
		con, same, err := s.constantOf(c, f)
		if err != nil {
			return false, err
		}
		if same {
			ranges[i] = prune.Constant(con.value)
		}
	}
	return prune.Possible(s.spec.Filters, ranges), nil
}

// listed reports whether a file's partition is one of those left by planning.
func (s *Source) listed(f *file) bool {
	for _, p := range s.spec.Partitions {
		match := true
		for i, k := range s.table.PartitionKey {
			if v, ok := p[k]; ok && v != f.Partition[i] {
				match = false
			}
		}
		if match {
			return true
		}
	}
	return false
}

// pieces divides a large file.
func (s *Source) pieces(f *file) ([]piece, error) {
	whole := []piece{{file: *f, Whole: true}}
	if s.table.format.OpenFile != nil {
		if len(s.await) > 0 {
			return whole, nil // it may never be opened
		}
		return s.parts(f)
	}
	if f.Size <= splitSize || compressed(f.Rel) {
		return whole, nil
	}
	dec, err := s.table.format.NewDecoder(s.decoder)
	if err != nil {
		return nil, err
	}
	if sp, ok := dec.(format.Splittable); !ok || !sp.Splittable() {
		return whole, nil
	}
	var out []piece
	for at := int64(0); at < f.Size; at += splitSize {
		out = append(out, piece{file: *f, Start: at, End: min(at+splitSize, f.Size)})
	}
	return out, nil
}

// Open starts reading a split.
func (s *Source) Open(ctx context.Context, split exec.Split, position []byte) (exec.Reader, error) {
	var p piece
	if err := json.Unmarshal(split.Spec, &p); err != nil {
		return nil, fmt.Errorf("split %q of table %q: %w", split.ID, s.table.Path.Name, err)
	}
	if position == nil {
		position = s.since.position(split.ID)
	}
	if joins, err := s.joins(ctx, &p.file); err != nil || !joins {
		return unread{}, err
	}
	s.counted.open(p.Partition)
	frame, err := s.frame(&p.file)
	if err != nil {
		return nil, err
	}
	if s.table.format.OpenFile != nil {
		return s.openParts(&p, frame, position)
	}
	return s.openLines(&p, frame, position)
}

// Close releases the directory.
func (s *Source) Close() error { return s.loc.Close() }

// watcher is a source that looks for new files again and again.
type watcher struct{ *Source }

// Discover lists all files; known ones are told by their ids.
func (w *watcher) Discover(ctx context.Context) ([]exec.Split, error) {
	splits, err := w.Splits(ctx)
	var d *diag.Diagnostic
	if errors.As(err, &d) && d.Code == "W0510" {
		return nil, nil // an empty or missing directory may fill later
	}
	return splits, err
}

// fileError places an error in a file.
func fileError(err error, shown string, line int) error {
	var d *diag.Diagnostic
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &d):
		if d.File == "" {
			placed := *d
			placed.File, placed.Line = shown, line
			return &placed
		}
		return d
	case errors.Is(err, io.ErrUnexpectedEOF):
		placed := diag.Errorf("W0512", diag.Span{}, "the file ends too early: it is truncated or still being written")
		placed.File = shown
		return placed
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return ioError(err, shown)
	default:
		placed := diag.Errorf("W0512", diag.Span{}, "%s", readable(err))
		placed.File = shown
		return placed
	}
}

// readable strips the path from an error of the operating system; the diagnostic has it.
func readable(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// Endless tells that a watched directory may always get new files.
func (w *watcher) Endless() bool { return true }
