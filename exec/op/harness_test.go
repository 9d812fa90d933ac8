package op_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// fakeClock is processing time that tests set.
type fakeClock struct{ ms int64 }

func (c *fakeClock) Now() time.Time { return time.UnixMilli(c.ms) }

// event is one line of a test's input.
type event struct {
	in    int
	rows  *vec.Batch // rows of one input, or
	mark  *int64     // a watermark, or
	now   *int64     // processing time, or
	flush bool       // the task would wait
}

// run is one operator under test with the rows it has emitted.
type run struct {
	spec  physical.Spec
	env   build.Env
	zone  *time.Location
	ctx   *exec.Context
	clock *fakeClock
	op    exec.Operator
	out   []string
	batch []*vec.Batch
	mark  int64
	marks [][2]int64 // watermarks passed on by the operator itself, and the rows before each
}

func (r *run) Emit(b *vec.Batch) error {
	ts := physical.FieldTypes(r.spec.Schema())
	if len(ts) > 0 && len(b.Cols) != len(ts) {
		return fmt.Errorf("emitted %d columns, the schema has %d", len(b.Cols), len(ts))
	}
	for c, v := range b.Cols {
		if v.Len != b.Len {
			return fmt.Errorf("column %d has %d values, the batch %d rows", c, v.Len, b.Len)
		}
		if len(ts) > 0 && !v.Type.Equal(ts[c]) {
			return fmt.Errorf("column %d is %s, the schema says %s", c, v.Type, ts[c])
		}
	}
	if b.Len == 0 || b.Kinds != nil && len(b.Kinds) != b.Len {
		return fmt.Errorf("batch of %d rows with %d kinds", b.Len, len(b.Kinds))
	}
	for i := range b.Len {
		r.out = append(r.out, rowText(b, i))
	}
	r.batch = append(r.batch, b)
	return nil
}

// Watermark notes a watermark that the operator has held, where it came among the rows.
func (r *run) Watermark(wm int64) error {
	r.marks = append(r.marks, [2]int64{wm, int64(len(r.out))})
	return nil
}

func newRun(spec physical.Spec, env build.Env, clock *fakeClock) (*run, error) {
	r := &run{spec: spec, env: env, clock: clock, mark: exec.MinWatermark, zone: time.UTC}
	if z, ok := spec.(zoned); ok {
		r.spec, r.zone = z.Spec, z.zone
	}
	return r, r.start(state.Range{First: 0, End: 128})
}

// zoned is a spec in a session with a time zone.
type zoned struct {
	physical.Spec
	zone *time.Location
}

// twoPhase is an aggregation in two operators, the global one behind the local one.
type twoPhase struct{ local, global physical.Spec }

func (t *twoPhase) Schema() []types.Field { return t.global.Schema() }

func operator(spec physical.Spec, env build.Env) (exec.Operator, error) {
	t, ok := spec.(*twoPhase)
	if !ok {
		return build.Operator(spec, env)
	}
	local, err := build.Operator(t.local, env)
	if err != nil {
		return nil, err
	}
	global, err := build.Operator(t.global, env)
	return &chain{local, global}, err
}

// chain is two operators as the runtime would run them in one task.
type chain struct{ first, second exec.Operator }

// into passes what the first operator emits to the second.
type into struct {
	op  exec.Operator
	out exec.Out
}

func (i into) Emit(b *vec.Batch) error { return i.op.Process(0, b, i.out) }

func (c *chain) Open(ctx *exec.Context) error {
	if err := c.first.(exec.Opener).Open(ctx); err != nil {
		return err
	}
	return c.second.(exec.Opener).Open(ctx)
}

func (c *chain) Process(in int, b *vec.Batch, out exec.Out) error {
	return c.first.Process(in, b, into{c.second, out})
}

func (c *chain) OnWatermark(wm int64, out exec.Out) error {
	if w, ok := c.first.(exec.WatermarkHandler); ok {
		if err := w.OnWatermark(wm, into{c.second, out}); err != nil {
			return err
		}
	}
	if w, ok := c.second.(exec.WatermarkHandler); ok {
		return w.OnWatermark(wm, out)
	}
	return nil
}

func (c *chain) Flush(out exec.Out) error {
	if err := c.first.(exec.Flusher).Flush(into{c.second, out}); err != nil {
		return err
	}
	if f, ok := c.second.(exec.Flusher); ok {
		return f.Flush(out)
	}
	return nil
}

func (c *chain) OnEnd(in int, out exec.Out) error {
	if e, ok := c.first.(exec.Ender); ok {
		if err := e.OnEnd(in, into{c.second, out}); err != nil {
			return err
		}
	}
	if e, ok := c.second.(exec.Ender); ok {
		return e.OnEnd(in, out)
	}
	return nil
}

func (c *chain) Close() error {
	for _, o := range []exec.Operator{c.first, c.second} {
		if k, ok := o.(exec.Closer); ok {
			if err := k.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *chain) Snapshot(w state.Writer) error { return c.second.(exec.Stateful).Snapshot(w) }

func (c *chain) Restore(r state.Reader) error { return c.second.(exec.Stateful).Restore(r) }

// start makes and opens a new operator.
func (r *run) start(groups state.Range) error {
	var err error
	if r.op, err = operator(r.spec, r.env); err != nil {
		return err
	}
	r.ctx = &exec.Context{UID: "uid", Name: "test", Parallelism: 1, MaxParallelism: 128, KeyGroups: groups, Batch: r.env.Batch,
		Clock: r.clock, Zone: r.zone, Budget: state.NewBudget(0), Counters: &exec.Counters{}}
	if o, ok := r.op.(exec.Opener); ok {
		return o.Open(r.ctx)
	}
	return nil
}

// restart puts a fresh operator, restored from a snapshot, in the place of the old one.
func (r *run) restart() error {
	s, ok := r.op.(exec.Stateful)
	if !ok {
		return nil
	}
	if err := r.flush(); err != nil {
		return err
	}
	snap := state.NewMemory()
	if err := s.Snapshot(snap); err != nil {
		return err
	}
	for _, n := range snap.Names() {
		if !strings.HasPrefix(n, "uid/") {
			return fmt.Errorf("state name %q", n)
		}
	}
	if err := r.start(r.ctx.KeyGroups); err != nil {
		return err
	}
	return r.op.(exec.Stateful).Restore(snap)
}

// flush gives out what the operator holds back, as before a snapshot.
func (r *run) flush() error {
	if f, ok := r.op.(exec.Flusher); ok {
		if err := f.Flush(r); err != nil {
			return err
		}
	}
	if d, ok := r.op.(exec.Drainer); ok {
		return d.Drain(r)
	}
	return nil
}

func (r *run) feed(e event) error {
	switch {
	case e.rows != nil:
		if l, ok := r.op.(exec.Limiter); ok && l.Satisfied() {
			return nil
		}
		return r.op.Process(e.in, e.rows, r)
	case e.mark != nil:
		r.mark = *e.mark
		if h, ok := r.op.(exec.WatermarkHolder); ok {
			return h.HoldWatermark(*e.mark, r)
		}
		if w, ok := r.op.(exec.WatermarkHandler); ok {
			return w.OnWatermark(*e.mark, r)
		}
	case e.now != nil:
		r.clock.ms = *e.now
		if t, ok := r.op.(exec.ProcTimer); ok {
			for t.NextTimer() <= r.clock.ms {
				if err := t.OnTimer(r.clock.ms, r); err != nil {
					return err
				}
			}
		}
	case e.flush:
		return r.flush()
	}
	return nil
}

// end ends all inputs as the runtime does.
func (r *run) end(inputs int) error {
	order := make([]int, inputs)
	for in := range order {
		order[in] = in
	}
	return r.endIn(order)
}

// endIn ends the inputs in an order.
func (r *run) endIn(order []int) error {
	if r.env.Batch || r.mark != exec.MinWatermark {
		if w, ok := r.op.(exec.WatermarkHandler); ok {
			if err := w.OnWatermark(exec.MaxWatermark, r); err != nil {
				return err
			}
		}
	}
	if t, ok := r.op.(exec.ProcTimer); ok && r.env.Batch {
		for t.NextTimer() != exec.MaxWatermark {
			if err := t.OnTimer(t.NextTimer(), r); err != nil {
				return err
			}
		}
	}
	for _, in := range order {
		if err := r.flush(); err != nil {
			return err
		}
		if e, ok := r.op.(exec.Ender); ok {
			if err := e.OnEnd(in, r); err != nil {
				return err
			}
		}
	}
	if c, ok := r.op.(exec.Closer); ok {
		return c.Close()
	}
	return nil
}

// play runs events through a new operator. restartAt lists the events before which
// it is replaced by one restored from its snapshot.
func play(spec physical.Spec, env build.Env, inputs int, events []event, restartAt ...int) (*run, error) {
	r, err := newRun(spec, env, &fakeClock{})
	if err != nil {
		return nil, err
	}
	for i, e := range events {
		if slices.Contains(restartAt, i) {
			if err := r.restart(); err != nil {
				return nil, fmt.Errorf("restart before event %d: %w", i, err)
			}
		}
		if err := r.feed(e); err != nil {
			return nil, err
		}
	}
	return r, r.end(inputs)
}

// joined puts runs of rows of one input into one batch each, of at most most rows.
func joined(events []event, most int) []event {
	var out []event
	for _, e := range events {
		if n := len(out); n > 0 && e.rows != nil && out[n-1].rows != nil && out[n-1].in == e.in && out[n-1].rows.Len+e.rows.Len <= most {
			out[n-1].rows = vec.Concat(e.rows.Types(), []*vec.Batch{out[n-1].rows, e.rows})
			continue
		}
		out = append(out, e)
	}
	return out
}

// fold gives the rows that a changelog leaves, sorted.
func fold(t testing.TB, rows []string) []string {
	n := map[string]int{}
	for _, r := range rows {
		kind, row, _ := strings.Cut(r, " ")
		if kind == "+I" || kind == "+U" {
			n[row]++
		} else {
			n[row]--
		}
	}
	var out []string
	for row, k := range n {
		if k < 0 {
			t.Errorf("row %q was taken back %d times too often", row, -k)
		}
		for range k {
			out = append(out, row)
		}
	}
	slices.Sort(out)
	return out
}

func rowText(b *vec.Batch, i int) string {
	var s strings.Builder
	s.WriteString(b.Kind(i).String())
	for _, c := range b.Cols {
		s.WriteByte(' ')
		s.WriteString(valueText(c.Value(i)))
	}
	return s.String()
}

func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = valueText(x)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case vec.Map:
		parts := make([]string, len(v.Keys))
		for i, k := range v.Keys {
			parts[i] = valueText(k) + "=" + valueText(v.Values[i])
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []byte:
		return fmt.Sprintf("%x", v)
	default:
		return fmt.Sprint(v)
	}
}

// shortTypes are the names that test files use for types; "!" after one means NOT NULL.
var shortTypes = map[string]types.Type{
	"bool": types.Bool, "i32": types.Int32, "i64": types.Int64, "f64": types.Float64, "str": types.String,
	"dec": types.NewDecimal(20, 2), "ts": types.NewTimestamp(3), "ltz": types.NewTimestampLTZ(3),
	"ts6": types.NewTimestamp(6), "date": types.DateType, "arr": types.NewArray(types.Int64),
	"map": types.NewMap(types.String, types.Int64), "mset": types.NewMultiset(types.String),
	"rows": types.NewArray(types.NewRow(types.Field{Name: "x", Type: types.Int64}, types.Field{Name: "y", Type: types.String})),
}

func shortType(s string) (types.Type, error) {
	name, notNull := strings.CutSuffix(s, "!")
	t, ok := shortTypes[name]
	if !ok {
		return t, fmt.Errorf("type %q", s)
	}
	if notNull {
		t = t.NotNull()
	}
	return t, nil
}

// parseRow reads the values of one row. Collections are written [1,2] and {a=1,b=2},
// without blanks.
func parseRow(b *vec.BatchBuilder, kind vec.RowKind, fields []string) error {
	if len(fields) != len(b.Cols) {
		return fmt.Errorf("%d values for %d columns: %v", len(fields), len(b.Cols), fields)
	}
	for c, f := range fields {
		v, err := parseValue(b.Cols[c].Type(), f)
		if err != nil {
			return err
		}
		b.Cols[c].Append(v)
	}
	b.EndRow(kind)
	return nil
}

func parseValue(t types.Type, f string) (any, error) {
	if f == "NULL" {
		return nil, nil
	}
	switch t.Kind {
	case types.Boolean:
		return strconv.ParseBool(f)
	case types.Double:
		return strconv.ParseFloat(f, 64)
	case types.VarChar:
		return f, nil
	case types.Array:
		var out []any
		for _, e := range split(f) {
			v, err := parseValue(*t.Elem, e)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case types.Row:
		var out []any
		for i, e := range split(f) {
			v, err := parseValue(t.Fields[i].Type, e)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case types.Map, types.Multiset:
		kt, vt := vec.MapTypes(t)
		var m vec.Map
		for _, e := range split(f) {
			k, v, _ := strings.Cut(e, "=")
			key, err := parseValue(kt, k)
			if err != nil {
				return nil, err
			}
			val, err := parseValue(vt, v)
			if err != nil {
				return nil, err
			}
			m.Keys, m.Values = append(m.Keys, key), append(m.Values, val)
		}
		return m, nil
	default:
		return strconv.ParseInt(f, 10, 64)
	}
}

// split cuts [a,b] or {a,b} at its outer commas.
func split(f string) []string {
	f = f[1 : len(f)-1]
	if f == "" {
		return nil
	}
	var out []string
	depth, from := 0, 0
	for i, c := range f {
		switch c {
		case '[', '{', '(':
			depth++
		case ']', '}', ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, f[from:i])
				from = i + 1
			}
		}
	}
	return append(out, f[from:])
}

var kinds = map[string]vec.RowKind{"+I": vec.Insert, "-U": vec.UpdateBefore, "+U": vec.UpdateAfter, "-D": vec.Delete}

// parseEvents reads the input block of a test: "[L|R] +I a 1", "wm 1000", "now 5", "flush".
func parseEvents(text string, inputs [][]types.Type) ([]event, error) {
	var out []event
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		in := 0
		if f[0] == "L" || f[0] == "R" {
			if f[0] == "R" {
				in = 1
			}
			f = f[1:]
		}
		switch f[0] {
		case "wm", "now":
			ms, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				return nil, err
			}
			if f[0] == "wm" {
				out = append(out, event{mark: &ms})
			} else {
				out = append(out, event{now: &ms})
			}
		case "flush":
			out = append(out, event{flush: true})
		default:
			k, ok := kinds[f[0]]
			if !ok {
				return nil, fmt.Errorf("line %q", line)
			}
			b := vec.NewBatchBuilder(inputs[in], 1)
			if err := parseRow(b, k, f[1:]); err != nil {
				return nil, err
			}
			out = append(out, event{in: in, rows: b.Finish()})
		}
	}
	return out, nil
}

// insertOnly reports whether all rows are insertions.
func insertOnly(events []event) bool {
	return !slices.ContainsFunc(events, func(e event) bool { return e.rows != nil && e.rows.Kinds != nil })
}

// testSeed is printed when a random choice led to a failure.
func testSeed(t testing.TB) *rand.Rand {
	seed := time.Now().UnixNano()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewSource(seed))
}
