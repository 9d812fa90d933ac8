package grammar

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/session"
)

// outcome is what became of a statement in one mode.
type outcome struct {
	phase, message string // empty: it gave rows
}

// bench runs statements over the tables of Setup.
type bench struct {
	s    *session.Session
	rows map[string][]json.RawMessage
}

func newBench(t testing.TB) *bench {
	s, err := session.Open(session.Options{Dir: t.TempDir(), Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	b := &bench{s: s, rows: map[string][]json.RawMessage{}}
	for name, lines := range Rows() {
		for _, l := range lines {
			b.rows[name] = append(b.rows[name], json.RawMessage(l))
		}
	}
	if o, err := b.run("SELECT 1", "batch"); err != nil || o.phase != "" {
		t.Fatalf("the tables themselves: %v, %v", o, err)
	}
	return b
}

// limit is how long a statement may take; one that takes no notice of it hangs.
const (
	limit = 10 * time.Second
	hangs = 60 * time.Second
)

// run runs a statement in a mode. What must not happen is an error.
func (b *bench) run(statement, mode string) (outcome, error) {
	r := &session.Request{Mode: mode, Setup: Setup(), Query: statement, Tables: b.rows, LimitMS: limit.Milliseconds()}
	done := make(chan outcome, 1)
	go func() {
		text := b.s.Serve(context.Background(), r).AppendJSON(nil)
		var a struct {
			Error string `json:"error"`
			Phase string `json:"error_phase"`
			Class string `json:"error_class"`
		}
		if err := json.Unmarshal(text, &a); err != nil {
			a.Error, a.Phase = fmt.Sprintf("a bug of weir: %v in %s", err, text), "answer"
		}
		if a.Class == "" && a.Phase == "plan" {
			a.Error = "a bug of weir: no code: " + a.Error
		}
		done <- outcome{a.Phase, a.Error}
	}()
	select {
	case o := <-done:
		if strings.Contains(o.message, "bug of weir") || strings.Contains(o.message, "internal error") || strings.Contains(o.message, "panic") {
			return o, fmt.Errorf("%s", o.message)
		}
		if o.phase == "timeout" {
			return o, fmt.Errorf("not at its end after %s", limit)
		}
		return o, nil
	case <-time.After(hangs):
		stacks := make([]byte, 1<<20)
		return outcome{}, fmt.Errorf("hangs\n%s", stacks[:runtime.Stack(stacks, true)])
	}
}

// check asks of a statement: it parses, its printed text means the same, and in both modes it gives rows or is refused.
func (b *bench) check(statement string) ([]outcome, error) {
	script, list := syntax.Parse(statement)
	if list.HasErrors() {
		return nil, fmt.Errorf("does not parse: %v, at …%s", list[0], statement[max(0, list[0].Span.Start-80):min(len(statement), list[0].Span.Start+40)])
	}
	printed := syntax.Format(script, syntax.FormatOptions{})
	again, list := syntax.Parse(printed)
	if list.HasErrors() || !syntax.Equal(script, again) {
		return nil, fmt.Errorf("is printed as something else: %s", printed)
	}
	var out []outcome
	for _, mode := range []string{"streaming", "batch"} {
		o, err := b.run(statement, mode)
		if err != nil {
			return out, fmt.Errorf("%s: %w", mode, err)
		}
		out = append(out, o)
	}
	return out, nil
}

// statements is how many are run without WEIR_STATEMENTS, the same ones everywhere.
const statements = 1500

// TestStatements runs random statements, for some seconds at most. WEIR_STATEMENTS=n asks for n, WEIR_SEED=s for one, with what became of it.
func TestStatements(t *testing.T) {
	b := newBench(t)
	count, seed := 0, uint64(1)
	for name, to := range map[string]func(uint64){"WEIR_STATEMENTS": func(n uint64) { count = int(n) }, "WEIR_SEED": func(n uint64) { seed = n }} {
		if n, err := strconv.ParseUint(os.Getenv(name), 10, 32); err == nil {
			to(n)
		}
	}
	until := time.Now().Add(6 * time.Second)
	if testing.Short() {
		until = time.Now().Add(time.Second)
	}
	asked := count > 0
	if !asked {
		count = statements
	}
	phases, messages := map[string]int{}, map[string]int{}
	ran := 0
	for ; ran < count && (asked || time.Now().Before(until)); ran++ {
		at := seed + uint64(ran)
		statement := Statement(rand.New(rand.NewPCG(at, 1)))
		outcomes, err := b.check(statement)
		if err != nil {
			t.Errorf("seed %d: %v\n%s", at, err, statement)
		}
		for _, o := range outcomes {
			phases[o.phase]++
			messages[o.phase+": "+o.message]++
			if count == 1 {
				t.Logf("%s\n%s %s", statement, o.phase, o.message)
			}
		}
	}
	if phases[""] == 0 && ran > 300 {
		t.Error("no statement gave rows")
	}
	t.Logf("%d statements: %v", ran, phases)
	if file := os.Getenv("WEIR_MESSAGES"); file != "" { // what refusals say, to read them
		var lines []string
		for m, n := range messages {
			lines = append(lines, fmt.Sprintf("%6d %s", n, m))
		}
		sort.Sort(sort.Reverse(sort.StringSlice(lines)))
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// FuzzStatements is the same with choices of the fuzzer.
func FuzzStatements(f *testing.F) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		choices := make([]byte, 100+50*seed)
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		f.Add(choices)
	}
	b := newBench(f)
	f.Fuzz(func(t *testing.T, choices []byte) {
		statement := Statement((*Bytes)(&choices))
		if _, err := b.check(statement); err != nil {
			t.Errorf("%v\n%s", err, statement)
		}
	})
}
