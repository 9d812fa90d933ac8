package session

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// ShrinkOptions say what must go on failing.
type ShrinkOptions struct {
	// Parity: the modes differ, at the operator and for the reason that they do now.
	Parity bool
	// Assert is a query over the outputs that gives rows, although it must not.
	Assert string
	// Neither: the run fails with the error that it fails with now.
	Mode Mode
}

// Shrunk is what is left of a fixture.
type Shrunk struct {
	Fails  string         `json:"fails"` // what goes on failing, in a sentence
	Before int            `json:"before"`
	After  int            `json:"after"`
	Tables map[string]int `json:"tables"` // rows left, by table
	Runs   int            `json:"runs"`
	set    *fixtures.Set
	keep   map[string][]bool
	tables map[string]*fixtureTable
}

// Shrink finds few rows of a fixture over which a script still fails: it leaves out ever
// smaller parts as long as the failure stays (delta debugging, Zeller and Hildebrandt 2002),
// until no row can be left out any more.
func (s *Session) Shrink(ctx context.Context, src diag.Source, set *fixtures.Set, o ShrinkOptions) (*Shrunk, error) {
	if o.Mode == "" {
		o.Mode = Stream
	}
	tables, err := s.tablesOf(src, set)
	if err != nil {
		return nil, err
	}
	r := &reduction{s: s, ctx: ctx, src: src, set: set, o: o, out: map[string][]bool{}}
	var names []string
	for name := range tables {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		r.out[name] = make([]bool, tables[name].rows.Len)
		for i := range tables[name].rows.Len {
			r.rows = append(r.rows, inputRow{name, i})
		}
	}
	if r.wanted, err = r.failure(); err != nil {
		return nil, err
	}
	if r.wanted == "" {
		d := diag.Errorf("W0653", diag.Span{}, "nothing fails over fixture %q", set.Name)
		return nil, d.WithHint("say what is wrong: --parity, --assert \"SELECT …\" that must give no row, or a run that fails")
	}
	before := len(r.rows)
	if err := r.reduce(); err != nil {
		return nil, err
	}
	sh := &Shrunk{Fails: r.wanted, Before: before, After: len(r.rows), Tables: map[string]int{}, Runs: r.runs, set: set, keep: map[string][]bool{}, tables: tables}
	for _, name := range names {
		sh.keep[name] = make([]bool, len(r.out[name]))
		for i, out := range r.out[name] {
			if sh.keep[name][i] = !out; !out {
				sh.Tables[name]++
			}
		}
	}
	return sh, nil
}

// reduction is a fixture on its way to fewer rows.
type reduction struct {
	s      *Session
	ctx    context.Context
	src    diag.Source
	set    *fixtures.Set
	o      ShrinkOptions
	rows   []inputRow        // still in
	out    map[string][]bool // left out
	wanted string
	runs   int
}

// reduce leaves out parts, from halves down to single rows, until nothing more can go.
func (r *reduction) reduce() error {
	for size := max(1, len(r.rows)/2); ; size = max(1, size/2) {
		shorter := false
		for at := 0; at < len(r.rows); {
			part := r.rows[at:min(at+size, len(r.rows))]
			r.leave(part, true)
			got, err := r.failure()
			if err != nil {
				return err
			}
			if got == r.wanted {
				r.rows = append(r.rows[:at:at], r.rows[at+len(part):]...)
				shorter = true
				continue
			}
			r.leave(part, false)
			at += size
		}
		if size == 1 && !shorter {
			return nil
		}
	}
}

func (r *reduction) leave(rows []inputRow, out bool) {
	for _, row := range rows {
		r.out[row.table][row.row] = out
	}
}

// failure says what is wrong over the rows that are in; "" = nothing. Numbers and
// values are not part of it: they change with the rows.
func (r *reduction) failure() (string, error) {
	if err := r.ctx.Err(); err != nil {
		return "", err
	}
	r.runs++
	s := *r.s
	s.without = r.out
	switch {
	case r.o.Parity:
		p, err := s.Parity(r.ctx, r.src, r.set)
		if err != nil || p.Equal() {
			return "", r.ctx.Err() // a run that fails is another failure
		}
		if p.First == nil {
			return "stream and batch differ", nil
		}
		return fmt.Sprintf("stream and batch differ at %s: %s", p.First.Name, p.First.Class), nil
	case r.o.Assert != "":
		rehearsal, list, err := s.Rehearse(r.ctx, r.src, r.set, r.o.Mode, nil)
		if err != nil || list.HasErrors() {
			if r.runs == 1 && err != nil {
				return "", err
			}
			return "", errors.Join(r.ctx.Err(), list.Err())
		}
		result := &TestResult{Test: &fixtures.Test{Set: r.set, File: "--assert"}, Mode: r.o.Mode}
		s.assert(r.ctx, result, rehearsal, &fixtures.Expectation{Assert: r.o.Assert})
		for _, f := range result.Failures {
			if f.Class == ClassAssertion {
				return "the query gives rows: " + r.o.Assert, nil
			}
			if r.runs == 1 {
				return "", diag.Errorf("W0654", diag.Span{}, "the assertion cannot be asked: %s", f.Primary)
			}
		}
		return "", nil
	}
	_, list, err := s.Rehearse(r.ctx, r.src, r.set, r.o.Mode, nil)
	if list.HasErrors() {
		return "", list
	}
	if err == nil || r.ctx.Err() != nil {
		return "", r.ctx.Err()
	}
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return fmt.Sprintf("the run fails with %s", d.Code), nil
	}
	return "the run fails", nil
}

// Write writes what is left as a fixture of its own into a new folder: rows as JSON lines,
// the timeline with what is left of its steps.
func (sh *Shrunk) Write(dir string) error {
	var files []fixtureFile
	for _, name := range sortedKeys(sh.tables) {
		files = append(files, fileOf(sh.tables[name], func(i int) bool { return sh.keep[name][i] }, nil))
	}
	about := fmt.Sprintf("%s over %s, of %s of fixture %s.", sh.Fails, topology.Count(sh.After, "row"), topology.Count(sh.Before, "row"), sh.set.Name)
	return writeFixture(dir, about, sh.set, files, sh.timeline())
}

// timeline gives the steps that are left, each with the rows that are left of it.
func (sh *Shrunk) timeline() []string {
	next := map[string][]int{}
	for name, t := range sh.tables {
		next[name] = upTo(t.rows.Len)
	}
	var out []string
	for _, s := range sh.set.Timeline {
		t := sh.tables[s.Table]
		if s.Table != "" && t == nil {
			continue
		}
		if s.Kind == fixtures.StepRows {
			var now []int
			now, next[s.Table] = t.chosen(next[s.Table], s)
			kept := 0
			for _, i := range now {
				if sh.keep[s.Table][i] {
					kept++
				}
			}
			if kept == 0 {
				continue
			}
			if s.Count >= 0 {
				s.Count = kept
			}
		}
		out = append(out, s.String())
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
