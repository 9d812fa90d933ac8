package random

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/sqltest"
)

var (
	oracle = flag.String("oracle", "", "program that answers cases with a real Flink: runs random queries there too")
	first  = flag.Int("first", 1, "seed of the first query that Flink runs")
	many   = flag.Int("many", 12, "queries of each family that Flink runs")
	record = flag.String("record", "", "write the cases and Flink's answers into NAME.jsonl and NAME.answers.jsonl")
	only   = flag.String("family", "", "only this family")
)

// flink is a process that answers a case a line.
type flink struct {
	in  io.WriteCloser
	out *bufio.Reader
	dir string // of the cases' files
	n   int
}

func startFlink(t *testing.T, program string) *flink {
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &flink{in: in, out: bufio.NewReader(out), dir: t.TempDir()}
}

// recorded is the case as the recorded suites hold it.
func (c *Case) recorded(id, mode string) sqltest.Case {
	out := sqltest.Case{ID: id, Mode: mode, Query: c.Query, Files: map[string]string{}, Options: c.Options, Strict: c.strict(mode)}
	for _, t := range c.Tables {
		out.Setup = append(out.Setup, t.DDL())
		out.Files[t.Name+".json"] = t.File()
	}
	out.Setup = append(out.Setup, c.Views...)
	return out
}

// strict tells that the changelog must be Flink's row by row.
func (c *Case) strict(mode string) bool { return mode != "batch" && c.Sources == 1 }

// ask runs a case in Flink.
func (f *flink) ask(t *testing.T, c sqltest.Case) sqltest.Answer {
	f.n++
	dir := filepath.Join(f.dir, fmt.Sprint(f.n))
	if err := c.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	placed := c.In(dir)
	placed.Files = nil
	line, err := json.Marshal(placed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	answer, err := f.out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	a, err := sqltest.Decode(answer)
	if err != nil {
		t.Fatal(err)
	}
	a.Error = strings.ReplaceAll(firstLine(a.Error), dir, "$DIR")
	return a
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// TestAgainstFlink runs random queries in weir and in a real Flink, if -oracle names one. Where they differ, rows are
// left out as long as they still do.
func TestAgainstFlink(t *testing.T) {
	if *oracle == "" {
		t.Log("no -oracle: stream and batch are compared with each other only")
		return
	}
	f := startFlink(t, *oracle)
	s, err := session.Open(session.Options{Dir: t.TempDir(), Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var cases, answers bytes.Buffer
	for _, family := range Families() {
		if *only != "" && *only != string(family) {
			continue
		}
		for _, mode := range []string{"streaming", "batch"} {
			generator := Cases(family, mode == "batch")
			agree := 0
			for i := range *many {
				seed := *first + i
				c := generator.Example(seed)
				id := fmt.Sprintf("%s-random-%s%d", family, mode[:1], seed)
				differs := func(c *Case) (string, sqltest.Answer, sqltest.Answer) {
					want, got := f.ask(t, c.recorded(id, mode)), c.answer(t, s, mode)
					return sqltest.Verdict(want, got, c.strict(mode)), want, got
				}
				v, want, _ := differs(c)
				write(t, &cases, c.recorded(id, mode))
				write(t, &answers, want)
				if v == "" || want.Error != "" && want.ErrorPhase != "run" { // what Flink cannot plan, weir may
					agree++
					continue
				}
				small := c.shrunk(func(c *Case) bool { w, _, _ := differs(c); return w != "" })
				v, want, got := differs(small)
				t.Errorf("%s seed %d %s: %s\n%s\nFlink %s\nweir  %s", family, seed, mode, v, small.text(), shown(want), shown(got))
			}
			t.Logf("%s %s: %d of %d agree", family, mode, agree, *many)
		}
	}
	if *record != "" {
		for name, b := range map[string]*bytes.Buffer{*record + ".jsonl": &cases, *record + ".answers.jsonl": &answers} {
			if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
				t.Error(err)
			}
		}
	}
}

func write(t *testing.T, b *bytes.Buffer, v any) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
}

// shrunk leaves out rows one after the other as long as what is asked for still holds.
func (c *Case) shrunk(holds func(*Case) bool) *Case {
	for again := true; again; {
		again = false
		for i, t := range c.Tables {
			for r := len(t.Rows) - 1; r >= 0; r-- {
				n := 1
				if t.Changes() {
					if r < len(t.Rows)-1 || t.Rows[r].Op == "+U" {
						n = len(t.Rows) - r // of changes only the last can go
					}
					if t.Rows[r].Op == "+U" {
						continue // with the -U before it
					}
				}
				smaller := *t
				smaller.Rows = append(append([]Row{}, t.Rows[:r]...), t.Rows[r+n:]...)
				d := *c
				d.Tables = append([]*Table{}, c.Tables...)
				d.Tables[i] = &smaller
				if holds(&d) {
					c, t, again = &d, &smaller, true
				}
			}
		}
	}
	return c
}
