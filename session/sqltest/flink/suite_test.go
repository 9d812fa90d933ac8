package flink

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/weir-sql/weir/session/sqltest"
)

const data = "../testdata/flink"

var (
	oracle  = flag.String("oracle", "", "program that answers cases with a real Flink: records missing answers first")
	verbose = flag.String("differences", "", "write every difference into this file")
	only    = flag.String("only", "", "run cases whose id begins so")
)

// TestFlink runs every case and compares it with Flink's answer. A case may differ
// only if known.txt says why, and must differ if it is listed there.
func TestFlink(t *testing.T) {
	suites, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	known, err := Known(filepath.Join(data, "known.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if *oracle != "" {
		n, err := Record(data, *oracle, t.TempDir(), suites)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d answers recorded", n)
	}
	score := Score{}
	var differences strings.Builder
	var mu sync.Mutex
	ran := map[string]bool{}
	slots := make(chan struct{}, 2)
	t.Run("cases", func(t *testing.T) {
		for _, s := range suites {
			for _, c := range s.Cases {
				if !strings.HasPrefix(c.ID, *only) {
					continue
				}
				ran[c.ID] = true
				want, ok := s.Answers[c.ID]
				if !ok {
					t.Errorf("%s has no recorded answer", c.ID)
					continue
				}
				t.Run(c.ID, func(t *testing.T) {
					t.Parallel()
					slots <- struct{}{}
					verdict := judge(t, c, want)
					<-slots
					mu.Lock()
					defer mu.Unlock()
					score.Add(c.ID, verdict == "")
					if verdict != "" {
						differences.WriteString(c.ID + "\t" + verdict + "\t" + c.Query + "\n")
					}
					switch reason := known[c.ID]; {
					case verdict != "" && reason == "":
						t.Errorf("%s\n%s", verdict, strings.Join(append(c.Setup, c.Query), ";\n"))
					case verdict == "" && reason != "":
						t.Errorf("agrees now: take it off known.txt (%s)", reason)
					}
				})
			}
		}
	})
	for id := range known {
		if *only == "" && !ran[id] {
			t.Errorf("known.txt lists %s, which is no case", id)
		}
	}
	t.Logf("agreement with Flink\n%s", score)
	if *verbose != "" {
		if err := os.WriteFile(*verbose, []byte(differences.String()), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// judge runs one case.
func judge(t *testing.T, c sqltest.Case, want sqltest.Answer) string {
	dir := t.TempDir()
	if err := c.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	got, err := c.Answer(dir).Normal()
	if err != nil {
		t.Fatal(err)
	}
	return sqltest.Verdict(want, got, c.Strict)
}
