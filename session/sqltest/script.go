package sqltest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
)

// Script runs one file of fixtures/sql; its README documents the verbs.
type Script struct {
	Dir  string // of the inputs; a fresh folder
	Rand *rand.Rand
	// Each is called for every query that a run block runs; nil = nobody asks.
	Each func(Case)

	setup  []string          // statements so far, CREATE TABLEs without their connector
	tables map[string]string // table → its WITH clause
	files  map[string]string
	runs   int
}

// errStop is the cause with which a run is ended after its snapshot.
var errStop = errors.New("stopped after the snapshot")

// Do carries out one block and gives its output.
func (s *Script) Do(d *datadriven.TestData) (string, error) {
	switch d.Cmd {
	case "reset":
		s.setup, s.tables, s.files = nil, nil, nil
		return "", nil
	case "ddl":
		return s.ddl(d.Input)
	case "load":
		return s.load(d)
	case "plan":
		return s.plan(d)
	case "diag":
		return s.diag(d)
	case "run":
		return s.run(d)
	}
	return "", fmt.Errorf("there is no verb %q", d.Cmd)
}

// ddl adds statements to what every later block begins with.
func (s *Script) ddl(text string) (string, error) {
	script, list := syntax.Parse(text)
	if list.HasErrors() {
		return printed(diag.Source{Name: "ddl", Text: text}, list), nil
	}
	for _, stmt := range script.Stmts {
		span := stmt.Span()
		s.setup = append(s.setup, strings.TrimRight(strings.TrimSpace(text[span.Start:span.End]), ";"))
	}
	return "", nil
}

// load writes rows into the file that a table is read from.
func (s *Script) load(d *datadriven.TestData) (string, error) {
	var table, format string
	options := ""
	for _, a := range d.CmdArgs {
		switch value := strings.Join(a.Vals, ","); a.Key {
		case "table":
			table = value
		case "format":
			format = value
		default:
			options += fmt.Sprintf(", '%s' = '%s'", a.Key, value)
		}
	}
	if table == "" || format == "" {
		return "", errors.New("load needs table= and format=")
	}
	if s.tables == nil {
		s.tables, s.files = map[string]string{}, map[string]string{}
	}
	ext := "json"
	if format == "csv" || format == "raw" {
		ext = format
	}
	name := table + "." + ext
	s.tables[table] = fmt.Sprintf(" WITH ('connector' = 'filesystem', 'path' = 'file://$DIR/%s', 'format' = '%s'%s)", name, format, options)
	s.files[name] = strings.TrimRight(d.Input, "\n") + "\n"
	return "", nil
}

// made is the setup with tables connected to their files.
func (s *Script) made() []string {
	var out []string
	for _, text := range s.setup {
		script, _ := syntax.Parse(text) // parsed before
		if t, ok := script.Stmts[0].(*syntax.CreateTable); ok && len(t.Options) == 0 && t.Like == nil && t.Query == nil {
			text += s.tables[t.Name.Last().Name]
		}
		out = append(out, text)
	}
	return out
}

func (s *Script) asCase(d *datadriven.TestData, mode session.Mode) Case {
	c := Case{Mode: "streaming", Setup: s.made(), Query: strings.TrimRight(strings.TrimSpace(d.Input), ";"), Files: s.files}
	if mode == session.Batch {
		c.Mode = "batch"
	}
	return c
}

// modeOf reads mode=.
func modeOf(d *datadriven.TestData) (string, []session.Mode, error) {
	text := "stream"
	if a, ok := d.Arg("mode"); ok && len(a.Vals) == 1 {
		text = a.Vals[0]
	}
	modes, err := session.ParseModes(text)
	return text, modes, err
}

func (s *Script) plan(d *datadriven.TestData) (string, error) {
	_, modes, err := modeOf(d)
	if err != nil {
		return "", err
	}
	c := s.asCase(d, modes[0])
	if err := c.WriteFiles(s.Dir); err != nil {
		return "", err
	}
	p, list := Prepare(c, s.Dir, 1)
	if p == nil {
		return problems(c, s.Dir, list), nil
	}
	defer p.Close()
	text, err := session.Render(p.Plan.Graph, "tree", topology.Options{Width: 110})
	return strings.ReplaceAll(text, s.Dir, "$DIR"), err
}

// diag prints what is wrong with a statement.
func (s *Script) diag(d *datadriven.TestData) (string, error) {
	_, modes, err := modeOf(d)
	if err != nil {
		return "", err
	}
	c := s.asCase(d, modes[0])
	p, list := Prepare(c, s.Dir, 1)
	if p != nil {
		return "", errors.Join(errors.New("the statement is fine"), p.Close())
	}
	return problems(c, s.Dir, list), nil
}

// problems prints diagnostics of the block's own text: lines count from its first.
func problems(c Case, dir string, list diag.List) string {
	whole := c.In(dir).script()
	before := len(whole) - len(c.In(dir).Query) - len(";\n")
	src := diag.Source{Name: "query", Text: whole[before:]}
	for _, d := range list {
		d.Span.Start -= before
		d.Span.End -= before
		for i := range d.Related {
			d.Related[i].Span.Start -= before
			d.Related[i].Span.End -= before
		}
	}
	return strings.ReplaceAll(printed(src, list), dir, "$DIR")
}

func printed(src diag.Source, list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		b.WriteString(strings.TrimRight(diag.Print(src, d), "\n"))
		b.WriteByte('\n')
	}
	return b.String()
}

// run runs a query in the modes asked for, and a stream in all the ways that must
// give the same final rows.
func (s *Script) run(d *datadriven.TestData) (string, error) {
	mode, modes, err := modeOf(d)
	if err != nil {
		return "", err
	}
	final := d.HasArg("final") || mode == "both"
	ordered := d.HasArg("ordered")
	var texts []string
	for _, m := range modes {
		s.runs++
		c := s.asCase(d, m)
		if s.Each != nil {
			s.Each(c)
		}
		text, err := s.runCase(c, final, ordered || m == session.Stream && !final, !d.HasArg("one-task"))
		if err != nil {
			return "", fmt.Errorf("%s: %w", m, err)
		}
		texts = append(texts, text)
	}
	if len(texts) == 2 && texts[0] != texts[1] {
		return "", fmt.Errorf("stream and batch differ:\n%s---\n%s", texts[0], texts[1])
	}
	return texts[0], nil
}

func (s *Script) runCase(c Case, final, ordered, parallel bool) (string, error) {
	dir, err := os.MkdirTemp(s.Dir, "case-")
	if err != nil {
		return "", err
	}
	if err := c.WriteFiles(dir); err != nil {
		return "", err
	}
	p, list := Prepare(c, dir, 1)
	if p == nil {
		return problems(c, dir, list), nil
	}
	defer p.Close()
	counting := newGate(-1)
	plain, err := p.toEnd(counting, nil)
	if err != nil {
		return fmt.Sprintf("error: %s\n", strings.ReplaceAll(message(err), dir, "$DIR")), nil
	}
	if c.mode() == session.Stream {
		if err := s.otherWays(c, dir, plain, counting.passed, parallel); err != nil {
			return "", err
		}
	}
	return show(plain, final, ordered)
}

// otherWays runs a stream in several tasks, and restored from a snapshot.
func (s *Script) otherWays(c Case, dir string, plain map[string]*Rows, total int, parallel bool) error {
	if parallel {
		if err := s.inTasks(c, dir, plain); err != nil {
			return err
		}
	}
	if total == 0 {
		return nil
	}
	return s.restored(c, dir, plain, total, parallel)
}

// SameInAllWays runs a streaming case, whose files are in s.Dir, as it is and in the
// other ways. A case that fails is the same in all of them.
func (s *Script) SameInAllWays(c Case, parallel bool) error {
	p, _ := Prepare(c, s.Dir, 1)
	if p == nil {
		return nil
	}
	defer p.Close()
	if p.Plan.Graph == nil {
		return nil
	}
	counting := newGate(-1)
	plain, err := p.toEnd(counting, nil)
	if err != nil {
		return nil
	}
	return s.otherWays(c, s.Dir, plain, counting.passed, parallel)
}

// message is the first line of what a person would see.
func message(err error) string {
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return d.Primary
	}
	return err.Error()
}

// toEnd runs to the end.
func (p *Prepared) toEnd(g *gate, from *runtime.Snapshot) (map[string]*Rows, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Limit)
	defer cancel()
	run, rows, err := p.Start(ctx, g, from)
	if err != nil {
		return nil, err
	}
	return rows, run.Wait()
}

// inTasks runs the case in several tasks.
func (s *Script) inTasks(c Case, dir string, plain map[string]*Rows) error {
	n := 2 + s.Rand.IntN(2)
	p, list := Prepare(c, dir, n)
	if p == nil {
		return fmt.Errorf("parallelism %d: %w", n, list.Err())
	}
	defer p.Close()
	rows, err := p.toEnd(nil, nil)
	if err != nil {
		return fmt.Errorf("parallelism %d: %w", n, err)
	}
	return same(plain, fmt.Sprintf("parallelism %d", n), rows)
}

// restored stops a run at a snapshot after a random number of rows, and goes on from
// it in another run, perhaps with other parallelism.
func (s *Script) restored(c Case, dir string, plain map[string]*Rows, total int, parallel bool) error {
	before, after := 1, 1
	if parallel { // one task has no local aggregates, so that its state is of another plan
		if n := s.Rand.IntN(4); n > 0 {
			before, after = 1+n, 2+s.Rand.IntN(3)
		}
	}
	at := s.Rand.IntN(total + 1)
	what := fmt.Sprintf("restored after %d of %d rows, %d then %d tasks", at, total, before, after)
	first, snap, err := s.until(c, dir, before, at)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if snap == nil { // it ended before: LIMIT had enough
		return same(plain, fmt.Sprintf("row by row in %d tasks", before), first)
	}
	q, list := Prepare(c, dir, after)
	if q == nil {
		return list.Err()
	}
	defer q.Close()
	second, err := q.toEnd(newGate(-1), snap)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	for _, r := range first {
		r.Cut()
	}
	return same(plain, what, first, second)
}

// until runs a case to a snapshot after so many rows; nil if it ends before.
func (s *Script) until(c Case, dir string, parallelism, rows int) (map[string]*Rows, *runtime.Snapshot, error) {
	p, list := Prepare(c, dir, parallelism)
	if p == nil {
		return nil, nil, list.Err()
	}
	defer p.Close()
	ctx, cancel := context.WithTimeout(context.Background(), Limit)
	defer cancel()
	g := newGate(rows)
	run, got, err := p.Start(ctx, g, nil)
	if err != nil {
		return nil, nil, err
	}
	select {
	case <-g.reached:
	case <-run.Done():
		return got, nil, run.Wait()
	}
	snap, err := run.Job().Snapshot(ctx)
	if err != nil {
		select {
		case <-run.Done():
			return got, nil, run.Wait()
		default:
			return nil, nil, fmt.Errorf("taking the snapshot: %w", err)
		}
	}
	run.Stop(errStop)
	if err := run.Wait(); err != nil && !errors.Is(err, errStop) {
		return nil, nil, fmt.Errorf("stopping after the snapshot: %w", err)
	}
	return got, snap, nil
}

// same compares final rows of a run, whose parts follow each other, with the plain run's.
func same(plain map[string]*Rows, what string, parts ...map[string]*Rows) error {
	for name, want := range plain {
		var all []*Rows
		for _, p := range parts {
			all = append(all, p[name])
		}
		w, err := Fold(want)
		if err != nil {
			return err
		}
		g, err := Fold(all...)
		if err != nil {
			return err
		}
		if missing, more := w.Diff(g, 5); len(missing)+len(more) > 0 {
			return fmt.Errorf("%s: missing rows %v, rows too many %v", what, missing, more)
		}
	}
	return nil
}

// show prints the rows of all outputs.
func show(all map[string]*Rows, final, ordered bool) (string, error) {
	var names []string
	for n := range all {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, name := range names {
		if len(names) > 1 {
			fmt.Fprintf(&b, "%s:\n", name)
		}
		r := all[name]
		if final {
			folded := &Rows{Output: r.Output}
			f := result.NewFold(r.Output.Schema, r.Output.UpsertKey, folded)
			for _, batch := range r.Batches {
				if err := f.Write(batch); err != nil {
					return "", err
				}
			}
			if err := f.Close(); err != nil {
				return "", err
			}
			r = folded
		}
		var lines []string
		r.Each(func(batch *vec.Batch, i int) {
			line := []byte(batch.Kind(i).String() + " [")
			for c, v := range batch.Cols {
				if c > 0 {
					line = append(line, ", "...)
				}
				line = vec.AppendText(line, v, i, time.UTC)
			}
			lines = append(lines, string(append(line, ']')))
		})
		if !ordered {
			sort.Strings(lines)
		}
		for _, l := range lines {
			b.WriteString(l + "\n")
		}
	}
	return b.String(), nil
}

// Files lists the test files of a folder.
func Files(dir string) ([]string, error) {
	return filepath.Glob(filepath.Join(dir, "*.test"))
}
