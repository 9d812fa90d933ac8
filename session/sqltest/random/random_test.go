package random

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/sqltest"
)

// TestMain runs the same cases every time, unless -rapid.seed asks for others. With -short (as
// with the race detector, which makes them ten times slower) there are few.
func TestMain(m *testing.M) {
	flag.Parse()
	checks := "1400"
	if testing.Short() {
		checks = "60"
	}
	for name, value := range map[string]string{"rapid.checks": "100", "rapid.seed": "0"} {
		if f := flag.Lookup(name); f.Value.String() == value {
			want := map[string]string{"rapid.checks": checks, "rapid.seed": "7"}[name]
			if err := flag.Set(name, want); err != nil {
				panic(err)
			}
		}
	}
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// answer runs a case in one mode.
func (c *Case) answer(t interface{ Fatal(...any) }, s *session.Session, mode string) sqltest.Answer {
	r := &session.Request{Mode: mode, Query: c.Query, Tables: map[string][]json.RawMessage{}}
	for _, table := range c.Tables {
		r.Setup = append(r.Setup, table.DDL())
		r.Tables[table.Name] = table.Given()
	}
	r.Setup = append(r.Setup, c.Views...)
	a, err := sqltest.Decode(s.Serve(context.Background(), r).AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// text is a case as a person reads it.
func (c *Case) text() string {
	var b strings.Builder
	for _, t := range c.Tables {
		fmt.Fprintf(&b, "%s;\n", t.DDL())
		for _, r := range t.Given() {
			fmt.Fprintf(&b, "  %s\n", r)
		}
	}
	for _, v := range c.Views {
		fmt.Fprintf(&b, "%s;\n", v)
	}
	return b.String() + c.Query
}

// TestStreamAgainstBatch runs random queries as a stream and as a batch: what the changelog folds to are the
// rows of the batch. There are 1,400 of each of fifteen families; -rapid.checks and -rapid.seed ask for others.
func TestStreamAgainstBatch(t *testing.T) {
	for _, f := range Families() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			s, err := session.Open(session.Options{Dir: t.TempDir(), Config: map[string]string{}})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var ran, refused atomic.Int64
			cases := Cases(f, false)
			rapid.Check(t, func(t *rapid.T) {
				c := cases.Draw(t, "case")
				stream, batch := c.answer(t, s, "streaming"), c.answer(t, s, "batch")
				ran.Add(1)
				for _, a := range []sqltest.Answer{stream, batch} {
					if strings.Contains(a.Error, "a bug of weir") || strings.Contains(a.Error, "internal error") {
						t.Fatalf("%s\n%s", a.Error, c.text())
					}
				}
				if stream.Error != "" && batch.Error != "" && stream.ErrorPhase == batch.ErrorPhase {
					if refused.Add(1); os.Getenv("WEIR_RANDOM_ERRORS") != "" {
						fmt.Println(stream.Error, "|", c.Query)
					}
					return
				}
				if v := sqltest.Verdict(batch.Folded(), stream.Folded(), false); v != "" {
					t.Fatalf("%s\n%s\nstream %s\nbatch  %s", v, c.text(), shown(stream), shown(batch))
				}
			})
			if refused.Load()*10 > ran.Load() {
				t.Errorf("%d of %d queries were refused", refused.Load(), ran.Load())
			}
			t.Logf("%d queries, %d refused in both modes", ran.Load(), refused.Load())
		})
	}
}

func shown(a sqltest.Answer) string {
	if a.Error != "" {
		return a.Error
	}
	b, err := json.Marshal(a.Rows)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
