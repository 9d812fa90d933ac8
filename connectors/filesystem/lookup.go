package filesystem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Lookup holds all rows of a table in memory, indexed by the looked-up columns. The
// rows are read at the first lookup, and again when the reload options say so and a
// file has changed; a lookup that falls due waits for that.
type Lookup struct {
	env    *connector.Env
	source *Source
	keys   []int // columns of Scan.Read
	reload reload

	loaded bool
	due    time.Time // of the next reload; zero = never
	files  string    // what was read, to tell whether it has changed
	rows   *vec.Batch
	// Rows of group g are order[start[g]:start[g+1]].
	groups *vec.GroupTable
	start  []int32
	order  []int32

	ids []int32
	sel []int32
}

var _ exec.Lookup = (*Lookup)(nil)

func newLookup(_ context.Context, env *connector.Env, spec *physical.LookupJoin) (exec.Lookup, error) {
	src, err := openSource(env, spec.Scan)
	if err != nil {
		return nil, err
	}
	l := &Lookup{env: env, source: src}
	for i, k := range spec.Keys {
		l.keys = append(l.keys, k.Column)
		have, want := k.Value.Type(), spec.Scan.Read[k.Column].Type
		if vec.PhysOf(have) != vec.PhysOf(want) || have.Kind == types.Decimal && have.Scale != want.Scale {
			src.Close()
			return nil, fmt.Errorf("lookup key %d of table %q is %s, the column %s", i, spec.Scan.Table.Path.Name, have, want)
		}
	}
	if l.reload, err = newReload(src.table, env.Location()); err != nil {
		src.Close()
		return nil, err
	}
	return l, nil
}

// Lookup finds the rows of each key. A key with NULL has none.
func (l *Lookup) Lookup(ctx context.Context, keys *vec.Batch) (*vec.Batch, []int32, error) {
	if err := l.refresh(ctx); err != nil {
		return nil, nil, err
	}
	l.ids = slices.Grow(l.ids[:0], keys.Len)[:keys.Len]
	l.groups.Find(keys.Cols, nil, l.ids, false)
	l.sel = l.sel[:0]
	owner := make([]int32, 0, keys.Len)
	for i, g := range l.ids {
		if g < 0 || hasNull(keys.Cols, i) {
			continue
		}
		for _, r := range l.order[l.start[g]:l.start[g+1]] {
			l.sel = append(l.sel, r)
			owner = append(owner, int32(i))
		}
	}
	return l.rows.Take(l.sel), owner, nil
}

func hasNull(cols []*vec.Vec, i int) bool {
	for _, c := range cols {
		if c.IsNull(i) {
			return true
		}
	}
	return false
}

// refresh reads the table at first and when a reload is due.
func (l *Lookup) refresh(ctx context.Context) error {
	now := l.env.Now()
	if l.loaded && (l.due.IsZero() || now.Before(l.due)) {
		return nil
	}
	files, err := l.source.listing.files(ctx)
	if err != nil {
		return err
	}
	l.due = l.reload.after(now)
	state := fingerprint(files)
	if l.loaded && state == l.files {
		return nil
	}
	if err := l.load(ctx); err != nil {
		return err
	}
	l.loaded, l.files = true, state
	return nil
}

// fingerprint tells one state of the files from another.
func fingerprint(files []file) string {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "%s %d %d\n", f.Rel, f.Size, f.Modified.UnixNano())
	}
	return b.String()
}

// load reads and indexes all rows.
func (l *Lookup) load(ctx context.Context) error {
	splits, err := l.source.Splits(ctx)
	if err != nil {
		return err
	}
	var batches []*vec.Batch
	for _, sp := range splits {
		if batches, err = l.read(ctx, sp, batches); err != nil {
			return err
		}
	}
	ts := make([]types.Type, len(l.source.spec.Read))
	for i, c := range l.source.spec.Read {
		ts[i] = c.Type
	}
	if len(batches) == 0 {
		l.rows = &vec.Batch{}
		for _, t := range ts {
			l.rows.Cols = append(l.rows.Cols, vec.New(t, 0))
		}
	} else {
		l.rows = vec.Concat(ts, batches)
	}
	l.index()
	return nil
}

func (l *Lookup) read(ctx context.Context, sp exec.Split, batches []*vec.Batch) ([]*vec.Batch, error) {
	r, err := l.source.Open(ctx, sp, nil)
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
		if b.Kinds != nil {
			return nil, diag.Errorf("W0335", diag.Span{}, "table %q holds changes and cannot be looked up", l.source.table.Path.Name)
		}
		batches = append(batches, b)
	}
}

// index groups the rows by key, keeping their order within a key.
func (l *Lookup) index() {
	n := l.rows.Len
	cols := make([]*vec.Vec, len(l.keys))
	ts := make([]types.Type, len(l.keys))
	for i, k := range l.keys {
		cols[i] = l.rows.Cols[k]
		ts[i] = cols[i].Type
	}
	ids := make([]int32, n)
	l.groups = vec.NewGroupTable(ts)
	l.groups.Find(cols, nil, ids, true)
	l.start = make([]int32, l.groups.Cap()+1)
	for _, g := range ids {
		l.start[g+1]++
	}
	for g := 1; g < len(l.start); g++ {
		l.start[g] += l.start[g-1]
	}
	l.order = make([]int32, n)
	at := slices.Clone(l.start)
	for i, g := range ids {
		l.order[at[g]] = int32(i)
		at[g]++
	}
}

// Close releases the table's directory.
func (l *Lookup) Close() error { return l.source.Close() }

// reload is when looked-up rows are read again.
type reload struct {
	every time.Duration // PERIODIC; 0 = never
	timed bool          // TIMED: at clock, every days days
	clock time.Duration
	days  int
	zone  *time.Location
}

func newReload(t *table, zone *time.Location) (reload, error) {
	o := t.options
	r := reload{every: o.Duration("lookup.full-cache.periodic-reload.interval"), zone: zone,
		days: int(max(o.Int("lookup.full-cache.timed-reload.interval-in-days"), 1)), timed: o.Enum("lookup.full-cache.reload-strategy") == "TIMED"}
	if !r.timed {
		return r, o.Err()
	}
	text := o.String("lookup.full-cache.timed-reload.iso-time")
	for _, layout := range []string{"15:04", "15:04:05"} {
		if c, err := time.Parse(layout, text); err == nil {
			r.clock = time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute + time.Duration(c.Second())*time.Second
			return r, o.Err()
		}
	}
	return r, diag.Errorf("W0332", t.OptionSpans["lookup.full-cache.timed-reload.iso-time"].Value,
		"'lookup.full-cache.timed-reload.iso-time' is %q, want a time of day such as '03:00'", text)
}

// after gives the reload after a time, zero if there is none.
func (r reload) after(now time.Time) time.Time {
	switch {
	case r.timed:
		local := now.In(r.zone)
		next := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, r.zone).Add(r.clock)
		for !next.After(now) {
			next = next.AddDate(0, 0, r.days)
		}
		return next
	case r.every > 0:
		return now.Add(r.every)
	default:
		return time.Time{}
	}
}
