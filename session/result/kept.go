package result

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/term"
)

// Cell is a value as people read it, safe for a terminal.
type Cell struct {
	Text string
	Null bool
}

// Row is a row as people read it.
type Row struct {
	Kind  string // +I -U +U -D; "" where kinds do not matter
	Cells []Cell
}

// Column is a column of Rows.
type Column struct {
	Name, Type string
	Number     bool
}

// Kept holds the rows of one output in memory, for who pages through them while they come.
// Beyond a number of rows it lets go of the oldest. It is safe for use by several goroutines.
type Kept struct {
	schema []types.Field
	zone   *time.Location
	kinds  bool
	most   int

	mu      sync.RWMutex
	batches []*vec.Batch
	starts  []int // number of the first row of each batch, from the first that was ever kept
	end     int   // number after the last row
}

var _ Writer = (*Kept)(nil)

// NewKept keeps up to about most rows, 0 for no limit. kinds tells that rows have kinds.
// TIMESTAMP_LTZ is shown in zone, nil = UTC.
func NewKept(schema []types.Field, kinds bool, zone *time.Location, most int) *Kept {
	if zone == nil {
		zone = time.UTC
	}
	return &Kept{schema: schema, zone: zone, kinds: kinds, most: most}
}

// Columns are the columns of the rows.
func (k *Kept) Columns() []Column {
	out := make([]Column, len(k.schema))
	for i, f := range k.schema {
		out[i] = Column{Name: term.Clean(f.Name), Type: f.Type.String(), Number: f.Type.IsNumeric()}
	}
	return out
}

// Write keeps a batch, which nobody changes any more.
func (k *Kept) Write(b *vec.Batch) error {
	if b.Len == 0 {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.batches, k.starts = append(k.batches, b), append(k.starts, k.end)
	k.end += b.Len
	for k.most > 0 && len(k.batches) > 1 && k.end-k.starts[1] >= k.most {
		k.batches[0] = nil
		k.batches, k.starts = k.batches[1:], k.starts[1:]
	}
	return nil
}

// Flush does nothing: rows are seen at once.
func (k *Kept) Flush() error { return nil }

// Close does nothing: rows stay.
func (k *Kept) Close() error { return nil }

// Clear forgets all rows.
func (k *Kept) Clear() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.batches, k.starts, k.end = nil, nil, 0
}

// Len is the number of rows that are kept.
func (k *Kept) Len() int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.len()
}

func (k *Kept) len() int { return k.end - k.first() }

// Dropped is the number of rows that were let go.
func (k *Kept) Dropped() int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.first()
}

func (k *Kept) first() int {
	if len(k.starts) == 0 {
		return k.end
	}
	return k.starts[0]
}

// Rows gives n rows from the one with a number, counted from 0 among those that are kept;
// fewer where there are no more.
func (k *Kept) Rows(from, n int) []Row {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var rows []Row
	for i := max(from, 0); i < min(from+n, k.len()); i++ {
		b, at := k.place(i)
		rows = append(rows, k.row(b, at))
	}
	return rows
}

// place is where a row lies.
func (k *Kept) place(i int) (*vec.Batch, int) {
	i += k.first()
	b := sort.SearchInts(k.starts, i+1) - 1
	return k.batches[b], i - k.starts[b]
}

func (k *Kept) row(b *vec.Batch, i int) Row {
	r := Row{Cells: make([]Cell, len(b.Cols))}
	if k.kinds {
		r.Kind = b.Kind(i).String()
	}
	for c, v := range b.Cols {
		if v.IsNull(i) {
			r.Cells[c] = Cell{"NULL", true}
			continue
		}
		r.Cells[c].Text = term.Clean(string(vec.AppendText(nil, v, i, k.zone)))
	}
	return r
}

// Order gives the numbers of the rows that hold a text, in any case, sorted by a
// column (< 0 = as they came). It ends early, with nil, when ctx is done.
func (k *Kept) Order(ctx context.Context, column int, descending bool, contains string) []int {
	k.mu.RLock()
	batches, starts, first := slices.Clone(k.batches), slices.Clone(k.starts), k.first()
	k.mu.RUnlock()
	contains = strings.ToLower(contains)
	order := []int{}
	var text []byte
	for n, b := range batches {
		if ctx.Err() != nil {
			return nil
		}
		for i := range b.Len {
			if contains == "" || k.contains(b, i, contains, &text) {
				order = append(order, starts[n]-first+i)
			}
		}
	}
	if column < 0 || column >= len(k.schema) || len(batches) == 0 {
		return order
	}
	columns := make([]*vec.Vec, len(batches))
	for n, b := range batches {
		columns[n] = b.Cols[column]
	}
	v := vec.ConcatVecs(k.schema[column].Type, columns)
	sign := 1
	if descending {
		sign = -1
	}
	compared := 0
	slices.SortStableFunc(order, func(a, b int) int {
		if compared++; compared&0xffff == 0 && ctx.Err() != nil {
			return 0
		}
		switch na, nb := v.IsNull(a), v.IsNull(b); {
		case na && nb:
			return 0
		case na: // last in both directions
			return 1
		case nb:
			return -1
		}
		return sign * vec.CompareValues(v, a, v, b)
	})
	if ctx.Err() != nil {
		return nil
	}
	return order
}

// contains reports whether a value, or the kind, of a row holds a text.
func (k *Kept) contains(b *vec.Batch, i int, text string, buf *[]byte) bool {
	if k.kinds && strings.ToLower(b.Kind(i).String()) == text {
		return true
	}
	for _, v := range b.Cols {
		*buf = vec.AppendText((*buf)[:0], v, i, k.zone)
		if strings.Contains(strings.ToLower(string(*buf)), text) {
			return true
		}
	}
	return false
}

// Each gives the rows with some numbers, nil for all, to a writer, a batch at a time.
func (k *Kept) Each(order []int, to Writer) error {
	k.mu.RLock()
	batches := slices.Clone(k.batches)
	k.mu.RUnlock()
	if order == nil {
		for _, b := range batches {
			if err := to.Write(b); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range order {
		k.mu.RLock()
		var row *vec.Batch
		if i >= 0 && i < k.len() {
			b, at := k.place(i)
			row = b.Slice(at, 1)
		}
		k.mu.RUnlock()
		if row == nil {
			continue // it was let go meanwhile
		}
		if err := to.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// Export writes rows into a new file, in the format that its name ends with; order as of Each.
// It gives the number of rows. A file that is there already stays as it is.
func (k *Kept) Export(path string, order []int) (rows int64, err error) {
	format, err := FormatNamed(strings.TrimPrefix(filepath.Ext(path), "."))
	if err != nil {
		return 0, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	w, err := format.New(f, Options{Schema: k.schema, Changelog: k.kinds, Zone: k.zone})
	if err == nil {
		counted := &Count{Writer: w}
		err = errors.Join(k.Each(order, counted), w.Close())
		rows = counted.Rows
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(path))
	}
	return rows, nil
}
