// Package fullcache holds a looked-up table in memory as a whole, once for all tasks of
// a join: 'lookup.cache' = 'FULL', and connectors that give no rows by key themselves.
package fullcache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Table is the rows of a table, indexed by the looked-up columns. They are read at the
// first lookup, and again when that is due; a lookup that falls due waits for it. Tasks
// use it through handles.
type Table struct {
	name   string
	source exec.Source
	read   []types.Type
	keys   []int // columns looked up
	reload Reload
	now    func() time.Time
	state  func(context.Context) (string, error)

	mu      sync.Mutex // held while rows are read
	loaded  *rows
	due     time.Time // of the next reload; zero = never
	was     string    // what state gave
	handles int
	ended   bool // the last handle was closed
	closed  func()
}

// rows are one state of the table. Rows of group g are order[start[g]:start[g+1]].
type rows struct {
	batch  *vec.Batch
	groups *vec.GroupTable
	start  []int32
	order  []int32
}

// New makes a table that reads from source, which it closes with its last handle; closed
// is called then, too, if it is not nil. state tells one content of the source from
// another, so that what has not changed is not read again; nil = not known.
func New(spec *physical.LookupJoin, source exec.Source, reload Reload, now func() time.Time, state func(context.Context) (string, error), closed func()) (*Table, error) {
	t := &Table{name: spec.Scan.Table.Path.Name, source: source, reload: reload, now: now, state: state, closed: closed}
	for _, c := range spec.Scan.Read {
		t.read = append(t.read, c.Type)
	}
	for i, k := range spec.Keys {
		t.keys = append(t.keys, k.Column)
		have, want := k.Value.Type(), t.read[k.Column]
		if vec.PhysOf(have) != vec.PhysOf(want) || have.Kind == types.Decimal && have.Scale != want.Scale {
			return nil, fmt.Errorf("lookup key %d of table %q is %s, the column %s", i, t.name, have, want)
		}
	}
	return t, nil
}

// Handle gives the table to one more task; nil if its last handle was closed already.
func (t *Table) Handle() exec.Lookup {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return nil
	}
	t.handles++
	return &handle{table: t}
}

// current gives the rows, reading them first if they are due.
func (t *Table) current(ctx context.Context) (*rows, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.loaded != nil && (t.due.IsZero() || now.Before(t.due)) {
		return t.loaded, nil
	}
	is := ""
	if t.state != nil {
		var err error
		if is, err = t.state(ctx); err != nil {
			return nil, err
		}
	}
	if t.loaded == nil || t.state == nil || is != t.was {
		loaded, err := t.load(ctx)
		if err != nil {
			return nil, err
		}
		t.loaded, t.was = loaded, is
	}
	t.due = t.reload.after(now)
	return t.loaded, nil
}

// load reads and indexes all rows.
func (t *Table) load(ctx context.Context) (*rows, error) {
	splits, err := t.source.Splits(ctx)
	if err != nil {
		return nil, err
	}
	var batches []*vec.Batch
	for _, sp := range splits {
		if batches, err = t.split(ctx, sp, batches); err != nil {
			return nil, err
		}
	}
	r := &rows{}
	if len(batches) > 0 {
		r.batch = vec.Concat(t.read, batches)
	} else {
		r.batch = &vec.Batch{}
		for _, typ := range t.read {
			r.batch.Cols = append(r.batch.Cols, vec.New(typ, 0))
		}
	}
	r.index(t.keys)
	return r, nil
}

func (t *Table) split(ctx context.Context, sp exec.Split, batches []*vec.Batch) ([]*vec.Batch, error) {
	r, err := t.source.Open(ctx, sp, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		b, err := r.Read(ctx)
		if errors.Is(err, io.EOF) {
			return batches, nil
		}
		if err != nil {
			return nil, err
		}
		if b == nil {
			continue // nothing yet
		}
		if b.Kinds != nil {
			return nil, diag.Errorf("W0335", diag.Span{}, "table %q holds changes and cannot be looked up", t.name)
		}
		batches = append(batches, b)
	}
}

// index groups the rows by key, keeping their order within a key.
func (r *rows) index(keys []int) {
	cols, ts := make([]*vec.Vec, len(keys)), make([]types.Type, len(keys))
	for i, k := range keys {
		cols[i] = r.batch.Cols[k]
		ts[i] = cols[i].Type
	}
	ids := make([]int32, r.batch.Len)
	r.groups = vec.NewGroupTable(ts)
	r.groups.Find(cols, nil, ids, true)
	r.start = make([]int32, r.groups.Cap()+1)
	for _, g := range ids {
		r.start[g+1]++
	}
	for g := 1; g < len(r.start); g++ {
		r.start[g] += r.start[g-1]
	}
	r.order = make([]int32, r.batch.Len)
	at := slices.Clone(r.start)
	for i, g := range ids {
		r.order[at[g]] = int32(i)
		at[g]++
	}
}

// handle is the table as one task uses it.
type handle struct {
	table  *Table
	of     *rows           // that groups reads
	groups *vec.GroupTable // a reader of them
	ids    []int32
	sel    []int32
	closed bool
}

// Lookup finds the rows of each key. A key with NULL has none.
func (h *handle) Lookup(ctx context.Context, keys *vec.Batch) (*vec.Batch, []int32, error) {
	now, err := h.table.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	if now != h.of {
		h.of, h.groups = now, now.groups.Reader()
	}
	h.ids = slices.Grow(h.ids[:0], keys.Len)[:keys.Len]
	h.groups.Find(keys.Cols, nil, h.ids, false)
	h.sel = h.sel[:0]
	owner := make([]int32, 0, keys.Len)
	for i, g := range h.ids {
		if g < 0 || hasNull(keys.Cols, i) {
			continue
		}
		for _, r := range now.order[now.start[g]:now.start[g+1]] {
			h.sel = append(h.sel, r)
			owner = append(owner, int32(i))
		}
	}
	return now.batch.Take(h.sel), owner, nil
}

func hasNull(cols []*vec.Vec, i int) bool {
	for _, c := range cols {
		if c.IsNull(i) {
			return true
		}
	}
	return false
}

// Close gives the handle back; the last one closes the source.
func (h *handle) Close() error {
	if h.closed {
		return nil
	}
	h.closed = true
	return h.table.release()
}

func (t *Table) release() error {
	t.mu.Lock()
	t.handles--
	t.ended = t.handles == 0
	last := t.ended
	t.mu.Unlock()
	if !last {
		return nil
	}
	if t.closed != nil {
		t.closed()
	}
	return t.source.Close()
}
