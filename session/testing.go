package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// The classes of what can be wrong when a test fails.
const (
	ClassSQL       = "invalid SQL"       // the script does not plan in this mode
	ClassInput     = "missing input"     // the script reads a table without a fixture
	ClassColumn    = "missing column"    // a row has a column too few or too many
	ClassType      = "type mismatch"     // a value is not of its column's type
	ClassOutput    = "missing output"    // nothing has the name that is expected
	ClassEmpty     = "empty result"      // rows were expected and none came
	ClassRows      = "rows differ"       // final rows
	ClassChangelog = "changelog differs" // rows with their kinds, in order
	ClassAssertion = "assertion"         // a query that must give no row gave some
	ClassFixture   = "broken fixture"    // a file or a row of the fixture
	ClassError     = "run failed"
)

// TestResult is a test carried out in one mode.
type TestResult struct {
	Test     *fixtures.Test
	Mode     Mode
	Failures []*Failure
	Elapsed  time.Duration
	Updates  []fixtures.Update // what the expectations would be if the run is right
}

// Failure is one expectation that does not hold, or what kept it from being looked at.
type Failure struct {
	Class   string
	Output  string // "" = the test as a whole
	Primary string
	Details []string // a row diff, or what a diagnostic prints
	Hint    string
	File    string
	Line    int
	Source  diag.Source // of the expectation; Text "" = none
	Span    diag.Span
	Columns []fixtures.Column
	Diffs   []fixtures.Difference

	Expectation *fixtures.Expectation // that does not hold; nil = the test as a whole
}

// Tests lists the tests of the project: those of every fixture set. A set that
// cannot be read comes as an error beside the others.
func (s *Session) Tests(sets []string) ([]*fixtures.Test, error) {
	if len(sets) == 0 {
		var err error
		if sets, err = s.FixtureNames(); err != nil {
			return nil, err
		}
	}
	var all []*fixtures.Test
	var list diag.List
	for _, name := range sets {
		set, err := s.Fixture(name)
		if err != nil {
			var more diag.List
			if errors.As(err, &more) {
				list = append(list, more...)
			} else {
				list = append(list, asDiagnostic(err))
			}
			continue
		}
		all = append(all, set.Tests...)
	}
	return all, list.Err()
}

// FixtureNames lists the fixture sets of the project.
func (s *Session) FixtureNames() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.Project.Dir, "fixtures"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// testSource is the text that a test runs.
func (s *Session) testSource(t *fixtures.Test) (diag.Source, error) {
	if t.SQL != "" {
		return diag.Source{Name: t.File + " (sql)", Text: t.SQL}, nil
	}
	path := t.Script
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Project.Dir, path)
	}
	src, err := ReadFile(path, nil)
	if err != nil {
		return src, err
	}
	src.Name = t.Script
	return src, nil
}

// Test carries out a test in one mode.
func (s *Session) Test(ctx context.Context, t *fixtures.Test, mode Mode) *TestResult {
	began := time.Now()
	r := &TestResult{Test: t, Mode: mode}
	defer func() { r.Elapsed = time.Since(began) }()
	src, err := s.testSource(t)
	if err != nil {
		r.failed(src, err)
		return r
	}
	o := s.over(t.Set, mode, t.Config)
	names, src := o.withViews(src, t, mode)
	rehearsal, list, err := o.rehearse(ctx, src, nil)
	if err == nil && list.HasErrors() {
		err = list
	}
	if err != nil {
		r.failed(src, err)
		return r
	}
	for _, e := range t.Expect {
		if e.Mode != "" && e.Mode != string(mode) {
			continue
		}
		if e.Assert != "" {
			s.assert(ctx, r, rehearsal, e)
			continue
		}
		if err := r.expect(rehearsal, names, e); err != nil {
			r.failedAt(e, src, err)
		}
	}
	return r
}

// withViews adds a SELECT for every expectation that names a view. names maps what a
// test calls an output to what the plan does.
func (o *over) withViews(src diag.Source, t *fixtures.Test, mode Mode) (map[string]string, diag.Source) {
	names := map[string]string{}
	script, list := syntax.ParseWith(src.Text, o.variables(src.Text, time.UTC))
	if list.HasErrors() {
		return names, src // planning says what is wrong
	}
	selects := 0
	known := map[string]bool{}
	views := map[string]bool{}
	var walk func(stmts []syntax.Stmt)
	walk = func(stmts []syntax.Stmt) {
		for _, st := range stmts {
			switch st := st.(type) {
			case *syntax.QueryStmt:
				selects++
				known[fmt.Sprintf("select-%d", selects)] = true
			case *syntax.Insert:
				known[st.Target.Last().Name] = true
			case *syntax.StatementSet:
				for _, in := range st.Inserts {
					walk([]syntax.Stmt{in})
				}
			case *syntax.Execute:
				walk([]syntax.Stmt{st.Stmt})
			case *syntax.CreateView:
				views[st.Name.Last().Name] = true
			}
		}
	}
	walk(script.Stmts)
	text := strings.TrimRight(src.Text, " \t\r\n")
	for _, e := range t.Expect {
		switch {
		case e.Output == "" || known[e.Output] || names[e.Output] != "":
		case e.Output == "select" && selects > 0:
			names["select"] = "select-1"
		case views[e.Output]:
			selects++
			if !strings.HasSuffix(text, ";") {
				text += ";"
			}
			text += "\nSELECT * FROM " + quoteName(e.Output) + ";"
			names[e.Output] = fmt.Sprintf("select-%d", selects)
		}
	}
	src.Text = text
	return names, src
}

// expect compares one output with its expectation.
func (r *TestResult) expect(run *Rehearsal, names map[string]string, e *fixtures.Expectation) error {
	name := e.Output
	if n := names[name]; n != "" {
		name = n
	}
	c := run.Captured[name]
	if c == nil {
		r.add(e, ClassOutput, fmt.Sprintf("missing output: the script has no sink, SELECT or view %q", e.Output)).hintOutputs(run, e.Output)
		return nil
	}
	want, ordered := e.Final, e.Ordered
	got, err := c.Final()
	if e.Changelog != nil {
		want, got, err = e.Changelog, c.Batch(), nil
		ordered = true
	}
	if err != nil {
		return err
	}
	cols, fields, err := chosen(c.Output, e)
	if err != nil {
		return err
	}
	columns := compareColumns(c.Output.Schema, cols)
	kinds := e.Changelog != nil
	actual := lines(got, cols, kinds, nil)
	if !ordered {
		slices.SortStableFunc(actual, func(a, b fixtures.Line) int { return slices.Compare(a.Cells, b.Cells) })
	}
	r.Updates = append(r.Updates, fixtures.Update{Of: e, Columns: columns, Lines: actual})
	if e.Missing {
		r.add(e, ClassFixture, fmt.Sprintf("missing file: %q, the expected rows of %s", e.RowsFile, e.Output)).Hint = "weir test --update writes it"
		return nil
	}
	zone, err := zone(run.Plan.Config)
	if err != nil {
		return err
	}
	ty, err := newTyping("output "+e.Output, fields, zone)
	if err != nil {
		return err
	}
	ty.all = true
	typed, err := ty.batch(want)
	if err != nil {
		return err
	}
	all := make([]int, len(fields))
	for i := range all {
		all[i] = i
	}
	expected := lines(typed, all, kinds, func(i int) int { return want.Rows[i].Line })
	tolerance := e.Tolerance
	if tolerance == 0 {
		tolerance = fixtures.DefaultTolerance
	}
	diffs := fixtures.Compare(columns, expected, actual, ordered, tolerance)
	if len(diffs) == 0 {
		return nil
	}
	f := r.add(e, ClassRows, "")
	f.Columns, f.Diffs = columns, diffs
	f.Details = fixtures.Show(columns, diffs, maxShown)
	switch {
	case len(actual) == 0:
		f.Class = ClassEmpty
		f.Primary = fmt.Sprintf("empty result: %s gave no row, %s expected", e.Output, topology.Count(len(expected), "row"))
		f.Hint = run.why()
	case kinds:
		f.Class = ClassChangelog
		f.Primary = fmt.Sprintf("changelog of %s differs in %s of %d", e.Output, topology.Count(len(diffs), "row"), max(len(expected), len(actual)))
	default:
		f.Primary = fmt.Sprintf("%s of %s: expected %s, got %d", topology.Count(len(diffs), "difference"), e.Output, topology.Count(len(expected), "row"), len(actual))
		if run.Late > 0 {
			f.Hint = fmt.Sprintf("%s dropped as late in this run", topology.Count(int(run.Late), "row"))
		}
	}
	return nil
}

// maxShown is how many differences a report shows.
const maxShown = 20

// chosen gives the columns that an expectation compares.
func chosen(o Output, e *fixtures.Expectation) ([]int, []types.Field, error) {
	var cols []int
	if e.Columns == nil {
		for i := range o.Schema {
			cols = append(cols, i)
		}
	}
	for _, name := range e.Columns {
		i := fieldNamed(o.Schema, name)
		if i < 0 {
			var names []string
			for _, f := range o.Schema {
				names = append(names, f.Name)
			}
			d := diag.Errorf(codeFixtureColumn, diag.Span{}, "missing column: output %s has no column %q", e.Output, name)
			return nil, nil, d.WithHint("columns: %s", strings.Join(names, ", "))
		}
		cols = append(cols, i)
	}
	var fields []types.Field
	for _, c := range cols {
		f := o.Schema[c]
		f.Type = f.Type.Null()
		f.Type.Attr = types.NoTimeAttr
		fields = append(fields, f)
	}
	return cols, fields, nil
}

// why says in a sentence why nothing came out.
func (r *Rehearsal) why() string {
	var empty []string
	in := int64(0)
	for _, n := range r.Plan.Graph.Nodes {
		if len(r.Plan.Graph.Inputs(n.ID)) > 0 {
			continue
		}
		rows := r.run.job.Total(n.ID).RowsIn
		in += rows
		if rows == 0 {
			empty = append(empty, n.Name)
		}
	}
	switch {
	case in == 0:
		return "no row came in: every table of the fixture that is read is empty"
	case r.Late > 0:
		return fmt.Sprintf("%s came behind the watermark and were dropped as late", topology.Count(int(r.Late), "row"))
	case len(empty) > 0:
		return "no row came from " + strings.Join(empty, ", ")
	}
	return fmt.Sprintf("%s came in; a filter or a join let none through", topology.Count(int(in), "row"))
}

// assert runs a query over what the rehearsal read and wrote; it must give no row.
func (s *Session) assert(ctx context.Context, r *TestResult, run *Rehearsal, e *fixtures.Expectation) {
	o := s.over(r.Test.Set, Batch, r.Test.Config)
	o.captured = map[string]*Captured{}
	text := declarations(run.Plan.Source.Text)
	for _, out := range run.Plan.Outputs {
		name := out.Table
		if name == "" {
			name = strings.ReplaceAll(out.Name, "-", "_")
			var columns []string
			for _, f := range out.Schema {
				columns = append(columns, quoteName(f.Name)+" "+bare(f.Type))
			}
			text += fmt.Sprintf("CREATE TEMPORARY TABLE %s (%s) WITH ('connector' = 'datagen');\n", name, strings.Join(columns, ", "))
		}
		o.captured[name] = run.Captured[out.Name]
	}
	before := len(text)
	src := diag.Source{Name: r.Test.File + " (assert)", Text: text + e.Assert}
	check, list, err := o.rehearse(ctx, src, nil)
	if err == nil && list.HasErrors() {
		err = list
	}
	if err != nil {
		src.Text = e.Assert
		for _, d := range list {
			d.Span.Start, d.Span.End = max(0, d.Span.Start-before), max(0, d.Span.End-before)
		}
		r.failedAt(e, src, err)
		return
	}
	for _, out := range check.Plan.Selects() {
		b := check.Captured[out.Name].Batch()
		if b.Len == 0 {
			continue
		}
		f := r.add(e, ClassAssertion, fmt.Sprintf("assertion does not hold: the query gives %s", topology.Count(b.Len, "row")))
		for i := range min(b.Len, maxShown) {
			f.Details = append(f.Details, "+ "+RowText(out.Schema, b, i))
		}
	}
	if len(check.Plan.Selects()) == 0 {
		r.add(e, ClassSQL, "an assertion is a query; this gives no result")
	}
}

// declarations keeps the statements of a script that declare something.
func declarations(text string) string {
	script, _ := syntax.Parse(text) // it was planned before
	var b strings.Builder
	for _, st := range script.Stmts {
		switch st.(type) {
		case *syntax.CreateTable, *syntax.CreateView, *syntax.CreateFunction, *syntax.CreateCatalog, *syntax.CreateDatabase, *syntax.Use, *syntax.Set:
			span := st.Span()
			b.WriteString(strings.TrimRight(strings.TrimSpace(text[span.Start:span.End]), ";") + ";\n")
		}
	}
	return b.String()
}

// add notes a failure at an expectation.
func (r *TestResult) add(e *fixtures.Expectation, class, primary string) *Failure {
	f := &Failure{Class: class, Output: e.Output, Primary: primary, File: r.Test.File, Line: e.Line, Expectation: e}
	f.Source, f.Span = e.Source()
	r.Failures = append(r.Failures, f)
	return f
}

func (f *Failure) hintOutputs(run *Rehearsal, name string) {
	var names []string
	for _, o := range run.Plan.Outputs {
		names = append(names, o.Name)
	}
	if near := diag.Nearest(name, names); near != "" {
		f.Hint = fmt.Sprintf("did you mean %q?", near)
		return
	}
	f.Hint = "outputs: " + strings.Join(names, ", ")
}

// classOf tells a failure's class by its diagnostic.
func classOf(err error) string {
	var list diag.List
	if errors.As(err, &list) {
		return ClassSQL
	}
	var d *diag.Diagnostic
	if !errors.As(err, &d) {
		return ClassError
	}
	switch d.Code {
	case codeFixtureInput:
		return ClassInput
	case codeFixtureColumn:
		return ClassColumn
	case codeFixtureType:
		return ClassType
	case codeFixtureKind:
		return ClassFixture
	}
	if strings.HasPrefix(string(d.Code), "W062") {
		return ClassFixture
	}
	if strings.HasPrefix(string(d.Code), "W05") {
		return ClassError
	}
	return ClassSQL
}

// failed notes what kept the test from being looked at.
func (r *TestResult) failed(src diag.Source, err error) *Failure {
	f := &Failure{Class: classOf(err), File: r.Test.File, Line: r.Test.Line}
	f.say(src, err)
	r.Failures = append(r.Failures, f)
	return f
}

// failedAt notes what kept one expectation from being looked at.
func (r *TestResult) failedAt(e *fixtures.Expectation, src diag.Source, err error) {
	f := r.add(e, classOf(err), "")
	f.say(src, err)
}

// say takes over what an error says: of a problem of the SQL the whole message with its caret,
// of one in a file its place.
func (f *Failure) say(src diag.Source, err error) {
	var list diag.List
	var d *diag.Diagnostic
	switch {
	case errors.As(err, &list):
		f.Primary = fmt.Sprintf("the script does not plan: %s", primaryOf(firstError(list)))
		for _, d := range list {
			f.Details = append(f.Details, strings.Split(strings.TrimRight(diag.Print(src, d), "\n"), "\n")...)
		}
	case errors.As(err, &d):
		f.Primary, f.Hint = d.Primary, d.Hint
		if d.File != "" {
			f.File, f.Line = d.File, d.Line
			if d.File != f.Source.Name {
				f.Source = diag.Source{}
			}
		} else if !d.Span.IsZero() && f.Output == "" {
			f.Details = strings.Split(strings.TrimRight(diag.Print(src, d), "\n"), "\n")
		}
	default:
		f.Primary = err.Error()
	}
}

func firstError(list diag.List) error {
	for _, d := range list {
		if d.Severity == diag.Error {
			return d
		}
	}
	return list[0]
}
