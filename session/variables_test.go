package session

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/session/variable"
)

// withVariables opens a session with what weir.yaml declares and --var gives.
func withVariables(t testing.TB, declared string, given ...string) *Session {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "weir.yaml"), []byte("name: test\n"+declared), 0o600); err != nil {
		t.Fatal(err)
	}
	vars, err := ParseVariables(given)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: dir, Config: map[string]string{}, Variables: vars, Clock: stoppedClock{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

type stoppedClock struct{}

func (stoppedClock) Now() time.Time { return time.Date(2026, 3, 1, 18, 30, 5, 0, time.UTC) }

// rowsOf runs a script as a batch and gives its last SELECT's rows as CSV without a header.
func rowsOf(t testing.TB, s *Session, sql string) (string, *Plan) {
	t.Helper()
	p, list := s.Plan(diag.Source{Name: "q.sql", Text: sql}, Batch)
	if p == nil {
		t.Fatalf("%s: %v", sql, list)
	}
	c := &collector{}
	r, err := s.Run(context.Background(), p, RunOptions{Limit: -1, Result: func(Output) (result.Writer, error) { return c, nil }})
	if err == nil {
		err = r.Wait()
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var out strings.Builder
	for _, b := range c.batches {
		for i := range b.Len {
			out.WriteString(RowText(p.Outputs[len(p.Outputs)-1].Schema, b, i) + "\n")
		}
	}
	return strings.TrimSpace(out.String()), p
}

// TestVariablesAreLiteralsOfTheirTypes: what each reference comes to, and as which type.
func TestVariablesAreLiteralsOfTheirTypes(t *testing.T) {
	s := withVariables(t, `config: {table.local-time-zone: Asia/Shanghai}
variables:
  channel: web
  count: 7
  yes: true
  long: {type: BIGINT, default: 5}
  amount: {type: "DECIMAL(10, 2)", default: -10.5}
  huge: {type: "DECIMAL(38, 0)", default: 12345678901234567890123456789}
  rate: {type: DOUBLE, default: 0.25}
  day: {type: DATE, default: "${bizdate - 1d}"}
  at: {type: TIMESTAMP(3), default: "2026-01-31 10:00:00.5"}
  moment: {type: TIMESTAMP_LTZ(3), default: "2026-01-31 10:00:00"}
  time: {type: TIME, default: "10:30:00"}
  path: {type: STRING, default: "dt=${bizdate, 'yyyyMMdd'}/${channel}"}
  table: {type: raw, default: "(VALUES (1), (2)) AS v(a)"}
`)
	for ref, want := range map[string][2]string{
		"${now}":                                 {"TIMESTAMP(3) NOT NULL", "2026-03-02 02:30:05.000"},
		"${bizdate}":                             {"DATE NOT NULL", "2026-03-01"},
		"${bizdate - 1d}":                        {"DATE NOT NULL", "2026-02-28"},
		"${bizdate - 1M}":                        {"DATE NOT NULL", "2026-02-01"},
		"${day + 2d - 1w}":                       {"DATE NOT NULL", "2026-02-23"},
		"${now, 'yyyyMMdd HH', 'Asia/Shanghai'}": {"CHAR(11) NOT NULL", "20260302 02"},
		"${now, 'yyyyMMdd HH', 'UTC'}":           {"CHAR(11) NOT NULL", "20260301 18"},
		"${bizdate, 'yyyy-MM-dd', 'UTC'}":        {"CHAR(10) NOT NULL", "2026-02-28"},
		"${now - 3h, 'dd HH:mm'}":                {"CHAR(8) NOT NULL", "01 23:30"},
		"${bizdate - 2h, 'MM-dd HH'}":            {"CHAR(8) NOT NULL", "02-28 22"},
		"${at + 1M, 'MM-dd'}":                    {"CHAR(5) NOT NULL", "02-28"},
		"${at, 'HH', 'UTC'}":                     {"CHAR(2) NOT NULL", "02"},
		"${at}":                                  {"TIMESTAMP(3) NOT NULL", "2026-01-31 10:00:00.500"},
		"${moment}":                              {"TIMESTAMP_LTZ(3) NOT NULL", "2026-01-31 02:00:00.000Z"},
		"${time}":                                {"TIME(0) NOT NULL", "10:30:00"},
		"${channel}":                             {"CHAR(3) NOT NULL", "web"},
		"${count}":                               {"INT NOT NULL", "7"},
		"${long}":                                {"BIGINT NOT NULL", "5"},
		"${amount}":                              {"DECIMAL(10, 2) NOT NULL", "-10.50"},
		"${huge}":                                {"DECIMAL(38, 0) NOT NULL", "12345678901234567890123456789"},
		"${rate}":                                {"DOUBLE NOT NULL", "0.25"},
		"${yes}":                                 {"BOOLEAN NOT NULL", "true"},
		"'${path}'":                              {"CHAR(15) NOT NULL", "dt=20260301/web"},
		"'${now - 1d}'":                          {"CHAR(23) NOT NULL", "2026-03-01 02:30:05.000"},
		"DATE '${bizdate}'":                      {"DATE NOT NULL", "2026-03-01"},
		"INTERVAL '${count}' DAY":                {"INTERVAL SECOND(3) NOT NULL", ""},
		"7 - ${amount}":                          {"DECIMAL(13, 2) NOT NULL", "17.50"},
	} {
		got, p := rowsOf(t, s, "SELECT "+ref+" AS x")
		_, value, _ := strings.Cut(strings.TrimSuffix(got, "}"), `"x":`)
		f := p.Outputs[0].Schema[0]
		if f.Type.String() != want[0] || want[1] != "" && strings.Trim(value, `"'`) != want[1] {
			t.Errorf("%s is %s %s, want %s %s", ref, f.Type, got, want[0], want[1])
		}
	}
	if got, p := rowsOf(t, s, "SELECT COUNT(*) AS n FROM (SELECT a FROM ${table} LIMIT ${count})"); !strings.Contains(got, `"n":2`) || len(p.Variables) != 2 {
		t.Errorf("raw and LIMIT: %s, %v", got, p.Variables)
	}
}

// TestVariablesThatDoNotHold: each slip is told at its place, with the cause and the fix.
func TestVariablesThatDoNotHold(t *testing.T) {
	const declared = "variables:\n  shop: {type: STRING}\n  n: {type: INT, default: 5}\n  day: {type: DATE, default: 2026-01-01}\n  me: \"${me}\"\n  far: \"${nope}\"\n  api_token: {type: INT}\n"
	for _, c := range []struct{ ref, at, says, hint string }{
		{"${bizdat}", "bizdat", `no variable "bizdat"`, `did you mean "bizdate"?`},
		{"${zzzzzz}", "zzzzzz", `no variable "zzzzzz"`, "--var zzzzzz="},
		{"'${bizdat}'", "bizdat", `no variable "bizdat"`, `did you mean "bizdate"?`},
		{"${shop}", "shop", `"shop" has no value`, "--var shop="},
		{"${bad}", "${bad}", `"12x" is no INT`, "--var bad=42"},
		{"${n - 1d}", "- 1d", "only a date or a timestamp has a shift", "${n} + 1"},
		{"${n, 'yyyy'}", "'yyyy'", "has a format", "write ${n}"},
		{"${day, 'bogus'}", "'bogus'", `pattern "bogus"`, "yyyy-MM-dd"},
		{"${day - 3q}", "- 3q", `"q" is no unit of time`, "M (months)"},
		{"${day - 3h}", "- 3h", "whole days", "a format behind it"},
		{"${day + 9000y}", "${day + 9000y}", "the year 11026", ""},
		{"${now, 'HH', 'Asia/Nowhere'}", "'Asia/Nowhere'", `"Asia/Nowhere" is not known`, "Asia/Shanghai"},
		{"${me}", "${me}", "refers to itself", "me → me"},
		{"${far}", "${far}", `no variable "nope"`, ""},
		{"${day 1}", "1", "does not belong", "${bizdate - 1d}"},
		{"1 AS ${n}", "${n}", "a name stands here", "raw"},
		{"${n}.x", "${n}", "a name stands here", "raw"},
		{"${api_token}", "${api_token}", "it is no INT", ""},
	} {
		s := withVariables(t, declared, "bad:INT=12x", "api_token=hunter2")
		src := "SELECT " + c.ref
		_, list := s.Plan(diag.Source{Name: "q.sql", Text: src}, Stream)
		if !list.HasErrors() {
			t.Errorf("%s is taken", c.ref)
			continue
		}
		d := list[0]
		if at := src[d.Span.Start:d.Span.End]; at != c.at || !strings.Contains(d.Primary, c.says) || !strings.Contains(d.Hint, c.hint) || strings.Contains(d.Error(), "hunter") {
			t.Errorf("%s: at %q: %v", c.ref, at, d)
		}
	}
	_, list := withVariables(t, declared, "bizdat=2026-01-01").Plan(diag.Source{Text: "SELECT 1"}, Stream)
	if len(list) != 1 || !strings.Contains(list[0].Hint, "bizdate") {
		t.Errorf("a value nothing uses: %v", list)
	}
	for entry, says := range map[string]string{"a: {type: INTT}": "did you mean INT?", "a: {type: INT, default: x}": `"x" is no INT`, "a: 1.5": "its type is not clear",
		"a: {tpye: INT}": `"tpye" is not one of`, "1a: x": "is no name", "now: {type: DATE}": "now is a TIMESTAMP", "a: {type: DECIMAL(10, 2)}": "in quotes", "a: [1]": "must be a default"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "weir.yaml"), []byte("variables:\n  "+entry+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(Options{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "weir.yaml:2") {
			t.Errorf("%s: %v", entry, err)
		}
	}
}

// TestHostileVariablesGiveThemselves: 500 values go through a view, a computed column that LIKE copies, an option, a comparison
// and a string around them, and come out as they were; plan and graph have the same shape for all.
func TestHostileVariablesGiveThemselves(t *testing.T) {
	const script = `CREATE TABLE a (x AS ${v}, n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '1');
CREATE TABLE b LIKE a;
CREATE VIEW w AS SELECT x, '<${v}>' AS y FROM b WHERE x = ${v} OR ${v} IS NULL;
CREATE FUNCTION same(s STRING) RETURNS STRING RETURN CASE WHEN s = ${v} THEN s ELSE 'changed' END;
SELECT x, y, same(x) AS z, CHAR_LENGTH(x) = CHAR_LENGTH(${v}) AS same_length FROM w;
`
	var first string
	for i, payload := range hostileValues(500) {
		s := withVariables(t, "")
		s.opts.Variables = map[string]variable.Given{"v": {Text: payload}}
		p, list := s.Plan(diag.Source{Name: "q.sql", Text: script}, Batch)
		if p == nil {
			t.Fatalf("%q: %v", payload, list)
		}
		var shape strings.Builder
		for _, n := range p.Graph.Nodes {
			fmt.Fprintf(&shape, "%T %d\n", n.Spec, n.Parallelism)
		}
		if i == 0 {
			first = shape.String()
		} else if shape.String() != first {
			t.Fatalf("%q gives another graph:\n%s\nnot\n%s", payload, shape.String(), first)
		}
		c := &collector{}
		r, err := s.Run(context.Background(), p, RunOptions{Limit: -1, Result: func(Output) (result.Writer, error) { return c, nil }})
		if err == nil {
			err = r.Wait()
		}
		if err != nil || len(c.batches) != 1 || c.batches[0].Len != 1 {
			t.Fatalf("%q: %v", payload, err)
		}
		for col, want := range []string{payload, "<" + payload + ">", payload} {
			if got := c.batches[0].Cols[col].StringAt(0); got != want {
				t.Fatalf("column %d is %q, want %q", col, got, want)
			}
		}
	}
}

// hostileValues are values made of what could end a string, a statement or a comment.
func hostileValues(n int) []string {
	pieces := []string{"'", ";", "--", "/*", "*/", "`", `"`, `\`, "\n", "$$", "${v}", "${", "}", ")", "(", " OR 1=1", "DROP TABLE a", "é漢", "''", "=", "%", "\x00", "END;", "\u202e"}
	var out []string
	for i := 0; len(out) < n; i++ {
		var b strings.Builder
		for k := i + 1; k > 0; k /= len(pieces) {
			b.WriteString(pieces[k%len(pieces)])
		}
		out = append(out, b.String())
	}
	return out
}

// TestFixturesGiveVariables: a fixture's clock is now, its variables are the script's, --var wins, and a capsule keeps what
// --var gave.
func TestFixturesGiveVariables(t *testing.T) {
	files := map[string]string{
		"q.sql":                   clicksTable + "SELECT id, ${bizdate} AS d, ${page:} AS p FROM clicks WHERE page = ${page};\n",
		"fixtures/f/fixture.yaml": "clock: 2026-05-02 01:00\nvariables: {page: home, lim: 3}\n",
		"fixtures/f/clicks.jsonl": `{"id": 1, "page": "home", "ts": "2026-05-02 00:00:00"}` + "\n" + `{"id": 2, "page": "cart", "ts": "2026-05-02 00:00:01"}` + "\n",
	}
	files["q.sql"] = strings.Replace(files["q.sql"], "${page:}", "'${page}${lim}'", 1)
	s := project(t, files)
	script := filepath.Join(s.Project.Dir, "q.sql")
	set, err := s.Fixture("f")
	if err != nil {
		t.Fatal(err)
	}
	src, err := s.ReadScript(script, nil)
	if err != nil {
		t.Fatal(err)
	}
	one := func(s *Session) string {
		r, list, err := s.Rehearse(context.Background(), src, set, Batch, nil)
		if err != nil || list.HasErrors() {
			t.Fatal(err, list)
		}
		c := r.Captured["select-1"]
		if c.Rows != 1 {
			t.Fatalf("%d rows", c.Rows)
		}
		return RowText(c.Output.Schema, c.Batch(), 0)
	}
	if got := one(s); !strings.Contains(got, `"id":1`) || !strings.Contains(got, "2026-05-01") || !strings.Contains(got, "home3") {
		t.Errorf("the fixture's: %s", got)
	}
	if s.opts.Variables, err = ParseVariables([]string{"page=cart", "bizdate=20260101"}); err != nil {
		t.Fatal(err)
	}
	if got := one(s); !strings.Contains(got, `"id":2`) || !strings.Contains(got, "2026-01-01") || !strings.Contains(got, "cart3") {
		t.Errorf("with --var: %s", got)
	}
	var buf bytes.Buffer
	c, err := s.SaveCapsule(context.Background(), &buf, script, set, []Mode{Batch}, "test")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "c.capsule")
	if err := os.WriteFile(file, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	again, opened, err := OpenCapsule(file, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	out, err := again.Replay(context.Background(), opened)
	if err != nil || out[Batch].Hash != c.Outcomes[Batch].Hash || out[Batch].Rows["select-1"] != 1 {
		t.Errorf("the capsule gives %+v, it gave %+v: %v", out[Batch], c.Outcomes[Batch], err)
	}
}
