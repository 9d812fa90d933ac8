package session

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// WhyOptions say which row to explain.
type WhyOptions struct {
	Output string // a sink, or select-1, …; "" = the only one
	Where  string // a condition over the output's columns
	Mode   Mode
	Config map[string]string
}

// Why explains a row of an output, or its absence.
type Why struct {
	Output string   `json:"output"`
	Row    string   `json:"row,omitempty"` // the final row that is explained, as JSON; "" = no such row came
	Others int      `json:"others"`        // further rows for which the condition holds
	Inputs []WhyRow `json:"inputs"`        // the rows that made it, in the order of tables and files
	Halved bool     `json:"halved,omitempty"`
	// Runs is how many times the script was run over a part of the rows.
	Runs int `json:"runs"`
	// Any are rows of which any one would do: without one of them nothing changes, without all
	// of them the row is another.
	Any     []WhyRow `json:"any,omitempty"`
	Missing *Missing `json:"missing,omitempty"` // why there is no such row
}

// WhyRow is one row of a fixture.
type WhyRow struct {
	Table  string `json:"table"`
	Number int    `json:"number"` // from 1, in the order of its file
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Op     string `json:"op"`
	Row    string `json:"row"`
	schema []types.Field
}

// exhaustiveUpTo is the number of input rows up to which each is tried on its own.
const exhaustiveUpTo = 5000

// Why says which input rows made a final row of an output. It is found by experiment: an
// input row made the row if, without it, the row is not there or there another number of
// times. The plan tells beforehand which rows may matter at all (see narrowing): of a key, those of
// the key. Up to 5,000 of them are left out one by one, several runs side by side. Of more,
// halves are left out first and only those that matter are looked into (group testing), in several
// random orders; rows that undo each other may be missed then, and Halved says so.
func (s *Session) Why(ctx context.Context, src diag.Source, set *fixtures.Set, o WhyOptions) (*Why, diag.List, error) {
	if o.Mode == "" {
		o.Mode = Stream
	}
	kept := *s
	kept.parsed = &parsedTables{}
	e := &experiment{s: &kept, ctx: ctx, src: src, set: set, o: o}
	list, err := e.prepare()
	if err != nil || e.why == nil {
		return nil, list, err
	}
	if e.why.Row == "" {
		e.why.Missing, err = s.missing(ctx, src, set, o, e.why.Output)
		return e.why, list, err
	}
	var made []int
	if len(e.may) <= exhaustiveUpTo {
		made, err = e.each(e.may)
	} else {
		e.why.Halved = true
		made, err = e.halves(e.may)
	}
	if err != nil {
		return nil, list, err
	}
	e.why.Inputs = e.describe(made)
	if err := e.redundant(made); err != nil {
		return nil, list, err
	}
	e.why.Runs = e.runs
	return e.why, list, nil
}

// experiment runs a script over parts of a fixture.
type experiment struct {
	s      *Session
	ctx    context.Context
	src    diag.Source
	set    *fixtures.Set
	o      WhyOptions
	why    *Why
	rows   []inputRow
	may    []int             // rows that may matter
	absent map[string][]bool // rows that are always left out, because they cannot matter; nil = none
	tables map[string]*fixtureTable
	target string // the row in bytes
	times  int    // how often it is there
	mu     sync.Mutex
	runs   int
	known  map[string]bool // results by the rows that were left out
}

// inputRow is a row of a table.
type inputRow struct {
	table string
	row   int
}

// prepare runs the script over everything and finds the row.
func (e *experiment) prepare() (diag.List, error) {
	over := e.s.over(e.set, e.o.Mode, e.o.Config)
	st, r, list, err := over.begin(e.ctx, e.src, nil, false)
	if err != nil || st == nil {
		return list, err
	}
	if err := st.Finish(e.ctx); err != nil {
		return list, err
	}
	c, err := r.output(e.o.Output)
	if err != nil {
		return list, err
	}
	filter, err := e.s.edgeFilter(c.Output.Schema, e.o.Where)
	if err != nil {
		return list, err
	}
	final, err := c.Final()
	if err != nil {
		return list, err
	}
	match := final
	if filter != nil {
		if match, err = filtered(filter, final); err != nil {
			return list, err
		}
	}
	e.why = &Why{Output: c.Output.Name, Inputs: []WhyRow{}}
	if match.Len == 0 {
		return list, nil
	}
	first := 0 // in an order of its own: rows come in any
	for i := range match.Len {
		if RowText(c.Output.Schema, match, i) < RowText(c.Output.Schema, match, first) {
			first = i
		}
	}
	e.why.Row, e.why.Others = RowText(c.Output.Schema, match, first), match.Len-1
	e.target = encodeRow(c.Output.Schema, match, first)
	e.times = occurrences(c.Output.Schema, final, e.target)
	e.tables = st.player.conns.tables
	var names []string
	for name := range e.tables {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for i := range e.typed(name).Len {
			e.rows = append(e.rows, inputRow{name, i})
		}
	}
	e.known, e.may = map[string]bool{}, upTo(len(e.rows))
	return list, e.narrowDown(over, r, st, match.Slice(first, 1))
}

// narrowDown leaves out what the plan says cannot matter, if the row is there then as often as it was.
func (e *experiment) narrowDown(o *over, r *Rehearsal, st *Stepper, row *vec.Batch) error {
	may, alone := e.narrow(o, r, st, row)
	if may == nil || len(may) == len(e.rows) {
		return nil
	}
	all := e.may
	e.may = may
	if !alone {
		return nil
	}
	e.absent = map[string][]bool{}
	for name := range e.tables {
		e.absent[name] = make([]bool, e.typed(name).Len)
		for i := range e.absent[name] {
			e.absent[name][i] = true
		}
	}
	for _, i := range may {
		e.absent[e.rows[i].table][e.rows[i].row] = false
	}
	changed, err := e.changes(nil)
	if changed {
		e.may, e.absent, e.known = all, nil, map[string]bool{}
	}
	return err
}

// output finds an output by its name.
func (r *Rehearsal) output(name string) (*Captured, error) {
	var names []string
	for _, o := range r.Plan.Outputs {
		names = append(names, o.Name)
	}
	if name == "" && len(names) == 1 {
		return r.Captured[names[0]], nil
	}
	if c := r.Captured[name]; c != nil {
		return c, nil
	}
	if name == "" {
		return nil, diag.Errorf("W0643", diag.Span{}, "the script has several outputs").WithHint("take one with --output: %s", strings.Join(names, ", "))
	}
	d := diag.Errorf("W0643", diag.Span{}, "there is no output %q", name)
	if near := diag.Nearest(name, names); near != "" {
		return nil, d.WithHint("did you mean %q?", near)
	}
	return nil, d.WithHint("outputs: %s", strings.Join(names, ", "))
}

func encodeRow(schema []types.Field, b *vec.Batch, i int) string {
	return string(vec.NewRowCodec(typesOfFields(schema)).AppendRow(nil, b.Cols, i))
}

// occurrences tells how often a row is among others.
func occurrences(schema []types.Field, b *vec.Batch, row string) (n int) {
	codec := vec.NewRowCodec(typesOfFields(schema))
	for i := range b.Len {
		if string(codec.AppendRow(nil, b.Cols, i)) == row {
			n++
		}
	}
	return n
}

// changes tells whether the row is another without some input rows.
func (e *experiment) changes(out []int) (bool, error) {
	if err := e.ctx.Err(); err != nil {
		return false, err
	}
	sorted := append([]int(nil), out...)
	sort.Ints(sorted)
	key := fmt.Sprint(sorted)
	e.mu.Lock()
	got, ok := e.known[key]
	e.runs++
	e.mu.Unlock()
	if ok {
		return got, nil
	}
	over := e.s.over(e.set, e.o.Mode, e.o.Config)
	over.without = map[string][]bool{}
	for table, absent := range e.absent {
		over.without[table] = slices.Clone(absent)
	}
	for _, i := range out {
		r := e.rows[i]
		if over.without[r.table] == nil {
			over.without[r.table] = make([]bool, e.typed(r.table).Len)
		}
		over.without[r.table][r.row] = true
	}
	r, _, err := over.rehearse(e.ctx, e.src, nil)
	if err != nil {
		return true, e.ctx.Err() // without these rows the script fails: they matter
	}
	c := r.Captured[e.why.Output]
	final, err := c.Final()
	if err != nil {
		return false, err
	}
	got = occurrences(c.Output.Schema, final, e.target) != e.times
	e.mu.Lock()
	e.known[key] = got
	e.mu.Unlock()
	return got, nil
}

// each leaves out one row after the other, a few runs side by side.
func (e *experiment) each(rows []int) ([]int, error) {
	matter := make([]bool, len(rows))
	errs := make([]error, len(rows))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(len(rows), runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(rows) {
					return
				}
				matter[i], errs[i] = e.changes([]int{rows[i]})
			}
		})
	}
	workers.Wait()
	var made []int
	for i, r := range rows {
		if matter[i] {
			made = append(made, r)
		}
	}
	return made, errors.Join(errs...)
}

// The orders in which halves are looked at, and the size from which on each row is tried.
const (
	groupOrders = 3
	groupLeaf   = 8
)

// halves finds the rows that matter among many.
func (e *experiment) halves(all []int) ([]int, error) {
	found := map[int]bool{}
	rng := rand.New(rand.NewPCG(uint64(len(all)), 1)) // any fixed order will do: the answer is the same each time
	for range groupOrders {
		order := append([]int(nil), all...)
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		made, err := e.half(order)
		if err != nil {
			return nil, err
		}
		for _, r := range made {
			found[r] = true
		}
	}
	var made []int
	for r := range found {
		made = append(made, r)
	}
	sort.Ints(made)
	return made, nil
}

func (e *experiment) half(rows []int) ([]int, error) {
	if len(rows) <= groupLeaf {
		return e.each(rows)
	}
	if c, err := e.changes(rows); err != nil || !c {
		return nil, err
	}
	a, err := e.half(rows[:len(rows)/2])
	if err != nil {
		return nil, err
	}
	b, err := e.half(rows[len(rows)/2:])
	return append(a, b...), err
}

// redundant looks for rows that stand in for each other, such as two of the same maximum:
// if the rows found do not make the row alone, a least set that does is completed.
func (e *experiment) redundant(made []int) error {
	keep := map[int]bool{}
	for _, r := range made {
		keep[r] = true
	}
	var rest []int
	for _, i := range e.may {
		if !keep[i] {
			rest = append(rest, i)
		}
	}
	changed, err := e.changes(rest)
	if err != nil || !changed {
		return err
	}
	// Leave out as much of the rest as can be: what stays is needed beside the rows found.
	var out, need []int
	var shed func(rows []int) error
	shed = func(rows []int) error {
		if len(rows) == 0 {
			return nil
		}
		c, err := e.changes(append(append([]int(nil), out...), rows...))
		if err != nil {
			return err
		}
		if !c {
			out = append(out, rows...)
			return nil
		}
		if len(rows) == 1 {
			need = append(need, rows[0])
			return nil
		}
		if err := shed(rows[:len(rows)/2]); err != nil {
			return err
		}
		return shed(rows[len(rows)/2:])
	}
	if err := shed(rest); err != nil {
		return err
	}
	sort.Ints(need)
	e.why.Any = e.describe(need)
	return nil
}

// describe gives rows with their places.
func (e *experiment) describe(rows []int) []WhyRow {
	out := []WhyRow{}
	for _, i := range rows {
		r := e.rows[i]
		t := e.tables[r.table]
		w := WhyRow{Table: r.table, Number: r.row + 1, Op: vec.Insert.String(), schema: t.fields}
		if t.def != nil && t.def.Rows != nil && r.row < len(t.def.Rows.Rows) {
			def := t.def.Rows.Rows[r.row]
			w.File, w.Line, w.Op = t.def.Rows.File, def.Line, def.Kind.String()
		}
		w.Row = RowText(t.fields, e.typed(r.table), r.row)
		out = append(out, w)
	}
	return out
}

// typed gives the rows of a table before a batch folds them.
func (e *experiment) typed(table string) *vec.Batch {
	if t := e.s.parsed.of(e.tables[table].def); t != nil {
		return t.rows
	}
	return e.tables[table].rows // another statement writes them
}
