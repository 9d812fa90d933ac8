package filesystem

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// fixedPartitions reads 'scan.partitions': partitions after each ;, values of columns after each comma.
func fixedPartitions(text string, keys []string, at diag.Span) ([]map[string]string, error) {
	var out []map[string]string
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		p := map[string]string{}
		for kv := range strings.SplitSeq(part, ",") {
			key, value, ok := strings.Cut(kv, "=")
			key = strings.TrimSpace(key)
			if !ok {
				return nil, diag.Errorf("W0333", at, "'scan.partitions' has %q, which is no partition", strings.TrimSpace(kv)).WithHint("write it like 'dt=2026-11-20'")
			}
			if !slices.Contains(keys, key) {
				d := diag.Errorf("W0333", at, "'scan.partitions' names %q, which is no partition column", key)
				if near := diag.Nearest(key, keys); near != "" {
					return nil, d.WithHint("did you mean %q?", near)
				}
				return nil, d.WithHint("the table is PARTITIONED BY (%s)", strings.Join(keys, ", "))
			}
			p[key] = strings.TrimSpace(value)
		}
		out = append(out, p)
	}
	return out, nil
}

// countPartitions counts the partitions there are and those that a scan reads, by directories alone.
func countPartitions(ctx context.Context, env *connector.Env, scan physical.Scan) (read, all int, err error) {
	s, err := openSource(env, scan)
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	seen := map[string]bool{}
	s.listing.keep = func(values []string) (bool, error) {
		key := strings.Join(values, "\x00")
		if seen[key] {
			return false, nil
		}
		seen[key] = true
		keep, err := s.wanted(&file{Partition: values})
		all++
		if keep {
			read++
		}
		return false, err // what is in it does not matter
	}
	return read, all, s.listing.directories(ctx, s.loc.rel, s.loc.rel)
}

// partitionCount counts the partitions that a run finds and opens.
type partitionCount struct {
	mu           sync.Mutex
	found, begun map[string]bool
}

func (c *partitionCount) find(values []string) { c.note(&c.found, values) }
func (c *partitionCount) open(values []string) { c.note(&c.begun, values) }

func (c *partitionCount) note(in *map[string]bool, values []string) {
	if len(values) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if *in == nil {
		*in = map[string]bool{}
	}
	(*in)[strings.Join(values, "\x00")] = true
}

// Partitions tells of how many partitions a file has been opened, and how many there are.
func (s *Source) Partitions() (read, all int) {
	s.counted.mu.Lock()
	defer s.counted.mu.Unlock()
	return len(s.counted.begun), len(s.counted.found)
}

// directories walks the directories of partitions and looks at no file.
func (l *listing) directories(ctx context.Context, base, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(l.loc.root.FS(), dir)
	if st, serr := l.loc.root.Stat(dir); errors.Is(err, fs.ErrNotExist) || serr == nil && !st.IsDir() {
		return nil // a pattern, one file, or a table that will be there when it is run
	}
	if err != nil {
		return ioError(err, l.loc.show(dir))
	}
	for _, e := range entries {
		if !e.IsDir() || hidden(e.Name()) {
			continue
		}
		rel := path.Join(dir, e.Name())
		enter, err := l.enter(base, rel)
		if err == nil && enter {
			err = l.directories(ctx, base, rel)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// awaited are the keys of a join that decide about partitions.
type awaited struct {
	spec *physical.KeyFilter
	keys *exec.KeyFilter
}

// joins waits until the keys of joins are known, and reports whether a file's partition is among them.
func (s *Source) joins(ctx context.Context, f *file) (bool, error) {
	for _, a := range s.await {
		values, err := a.keys.Wait(ctx)
		if err != nil {
			return false, err
		}
		if values == nil {
			continue // too many to tell
		}
		var cols []*vec.Vec
		for _, name := range a.spec.Partition {
			v, err := s.partitionValue(slices.Index(s.table.PartitionKey, name), f)
			if err != nil {
				return false, err
			}
			b := vec.NewBuilder(s.table.Columns[s.table.Column(name)].Type.WithAttr(types.NoTimeAttr).Null(), 1)
			b.Append(v)
			cols = append(cols, b.Finish())
		}
		key, ok := exec.KeyText(nil, cols, a.spec.Nulls, 0)
		if _, found := values[string(key)]; !ok || !found {
			return false, nil
		}
	}
	return true, nil
}

// tellOpened tells whoever counts that a file is opened.
func (s *Source) tellOpened(rel string) {
	if s.opened != nil {
		s.opened(s.loc.show(rel))
	}
}

// unread is a split of a partition that no join wants.
type unread struct{}

func (unread) Read(context.Context) (*vec.Batch, error) { return nil, io.EOF }
func (unread) Position() []byte                         { return nil }
func (unread) Close() error                             { return nil }
