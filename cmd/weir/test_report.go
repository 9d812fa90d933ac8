package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

// testReport tells how tests went: to a person, as JSON lines, or as JUnit XML.
type testReport struct {
	app     *app
	options testOptions
	widths  map[string]int
	elapsed time.Duration

	tests, runs, failed int
	brokenSets          int
	updated             []string
	suite               []junitCase
}

// broken tells of fixture sets that cannot be read.
func (r *testReport) broken(list diag.List) {
	for _, d := range list {
		if d.Severity == diag.Error {
			r.brokenSets++
		}
		fmt.Fprint(r.app.err, diag.Print(diag.Source{}, d))
	}
}

// test tells of one test in its modes.
func (r *testReport) test(t *fixtures.Test, results []*session.TestResult) {
	r.tests++
	bad := 0
	var modes []string
	var took time.Duration
	for _, res := range results {
		r.runs++
		took += res.Elapsed
		mode := string(res.Mode)
		if len(res.Failures) > 0 {
			bad++
			r.failed++
			mode += " ✗"
		}
		modes = append(modes, mode)
		r.suite = append(r.suite, junitOf(t, res))
		if r.options.json {
			r.json(t, res)
		}
	}
	if r.options.json {
		return
	}
	sign := "✓"
	if bad > 0 {
		sign = "✗"
	}
	fmt.Fprintf(r.app.out, "%s %-*s  %-16s %6s\n", sign, r.widths["name"], t.Name, strings.Join(modes, ", "), took.Round(100*time.Microsecond))
	if r.options.verbose && t.About != "" {
		fmt.Fprintf(r.app.out, "    %s\n", strings.ReplaceAll(t.About, "\n", "\n    "))
	}
	told := map[string]bool{}
	for _, res := range results {
		for _, f := range res.Failures {
			text := failureText(f)
			if told[text] {
				fmt.Fprintf(r.app.out, "  %s: the same\n", res.Mode)
				continue
			}
			told[text] = true
			fmt.Fprintf(r.app.out, "  %s: %s", res.Mode, text)
		}
	}
}

// failureText prints a failure: where, which class, the row diff.
func failureText(f *session.Failure) string {
	var b strings.Builder
	place := f.File
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	class := ""
	if !strings.HasPrefix(f.Primary, f.Class) {
		class = f.Class + ": "
	}
	fmt.Fprintf(&b, "%s: %s%s\n", place, class, f.Primary)
	for _, l := range f.Details {
		fmt.Fprintf(&b, "      %s\n", l)
	}
	if f.Hint != "" {
		fmt.Fprintf(&b, "    hint: %s\n", f.Hint)
	}
	return b.String()
}

// update writes what came out as what is expected. Stream comes first, so that an
// expectation of both modes is what the stream gave.
func (r *testReport) update(t *fixtures.Test, results []*session.TestResult) error {
	r.tests++
	var updates []fixtures.Update
	seen := map[*fixtures.Expectation]bool{}
	for _, res := range results {
		r.runs++
		for _, f := range res.Failures {
			if f.Class != session.ClassSQL && f.Class != session.ClassInput && f.Class != session.ClassOutput && f.Class != session.ClassAssertion {
				continue
			}
			r.failed++
			fmt.Fprintf(r.app.out, "✗ %s\n  %s: %s", t.Name, res.Mode, failureText(f))
		}
		for _, u := range res.Updates {
			if !seen[u.Of] && needs(res, u.Of) {
				seen[u.Of] = true
				updates = append(updates, u)
			}
		}
	}
	if len(updates) == 0 {
		return nil
	}
	files, err := fixtures.Apply(t.Set, updates)
	r.updated = append(r.updated, files...)
	var d *diag.Diagnostic
	if errors.As(err, &d) { // this one cannot be written; others can
		r.failed++
		fmt.Fprint(r.app.err, diag.Print(diag.Source{}, d))
		return nil
	}
	if !r.options.json && err == nil {
		fmt.Fprintf(r.app.out, "↻ %s: %s in %s\n", t.Name, topology.Count(len(updates), "expectation"), strings.Join(files, ", "))
	}
	return err
}

// needs tells that an expectation did not hold.
func needs(res *session.TestResult, e *fixtures.Expectation) bool {
	for _, f := range res.Failures {
		if f.Expectation == e {
			return true
		}
	}
	return false
}

// end tells the sum and gives the exit code.
func (r *testReport) end() error {
	if !r.options.json {
		took := r.elapsed.Round(time.Millisecond)
		switch {
		case r.tests == 0 && r.brokenSets == 0:
			fmt.Fprintln(r.app.err, "no tests: a test is fixtures/NAME/test.yaml in the project; see docs/testing.md")
		case r.options.update:
			fmt.Fprintf(r.app.out, "\n%s, %s, %s written in %v\n", topology.Count(r.tests, "test"), topology.Count(r.runs, "run"), topology.Count(len(r.updated), "file"), took)
		default:
			fmt.Fprintf(r.app.out, "\n%s, %s: %d passed, %d failed in %v\n", topology.Count(r.tests, "test"), topology.Count(r.runs, "run"), r.runs-r.failed, r.failed, took)
		}
	}
	switch {
	case r.brokenSets > 0:
		return exitError{exitUsage}
	case r.failed > 0:
		return exitError{exitAssertion}
	}
	return nil
}

// testJSON is one run as a JSON line.
type testJSON struct {
	Test     string        `json:"test"`
	Mode     string        `json:"mode"`
	OK       bool          `json:"ok"`
	MS       float64       `json:"ms"`
	Failures []failureJSON `json:"failures,omitempty"`
}

type failureJSON struct {
	Class   string     `json:"class"`
	Output  string     `json:"output,omitempty"`
	Message string     `json:"message"`
	Hint    string     `json:"hint,omitempty"`
	File    string     `json:"file"`
	Line    int        `json:"line,omitempty"`
	Rows    []diffJSON `json:"rows,omitempty"`
}

type diffJSON struct {
	Want    json.RawMessage `json:"want,omitempty"`
	Got     json.RawMessage `json:"got,omitempty"`
	Columns []string        `json:"columns,omitempty"` // in which they differ
}

func (r *testReport) json(t *fixtures.Test, res *session.TestResult) {
	out := testJSON{Test: t.Name, Mode: string(res.Mode), OK: len(res.Failures) == 0, MS: float64(res.Elapsed.Microseconds()) / 1000}
	for _, f := range res.Failures {
		fj := failureJSON{Class: f.Class, Output: f.Output, Message: f.Primary, Hint: f.Hint, File: f.File, Line: f.Line}
		for _, d := range f.Diffs {
			dj := diffJSON{Want: d.Want.JSON(f.Columns), Got: d.Got.JSON(f.Columns)}
			for _, c := range d.Columns {
				if c == fixtures.KindDiffers {
					dj.Columns = append(dj.Columns, "op")
					continue
				}
				dj.Columns = append(dj.Columns, f.Columns[c].Name)
			}
			fj.Rows = append(fj.Rows, dj)
		}
		out.Failures = append(out.Failures, fj)
	}
	enc := json.NewEncoder(r.app.out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // a closed pipe ends the run by itself
}

// The elements of a JUnit report.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class    string         `xml:"classname,attr"`
		Name     string         `xml:"name,attr"`
		File     string         `xml:"file,attr"`
		Time     string         `xml:"time,attr"`
		Failures []junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func seconds(d time.Duration) string { return fmt.Sprintf("%.4f", d.Seconds()) }

func junitOf(t *fixtures.Test, res *session.TestResult) junitCase {
	c := junitCase{Class: t.Name, Name: string(res.Mode), File: t.File, Time: seconds(res.Elapsed)}
	for _, f := range res.Failures {
		c.Failures = append(c.Failures, junitFailure{Type: f.Class, Message: f.Primary, Text: failureText(f)})
	}
	return c
}

func (r *testReport) writeJUnit(path string) error {
	s := junitSuite{Name: "weir", Tests: r.runs, Failures: r.failed, Time: seconds(r.elapsed), Cases: r.suite}
	text, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte(xml.Header), append(text, '\n')...), 0o644)
}
