package flink

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/weir-sql/weir/session/sqltest"
)

const data = "../testdata/flink"

var (
	oracle  = flag.String("oracle", "", "program that answers cases with a real Flink: records missing answers first")
	again   = flag.Bool("again", false, "with -oracle: records all answers anew")
	verbose = flag.String("differences", "", "write every difference into this file")
	seed    = flag.Uint64("seed", 0, "seed of the places of snapshots; 0 = 1")
	all     = flag.Bool("all", false, "restore every streaming case, not a quarter")
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
		for _, s := range suites {
			if *again {
				s.Forget(*only)
			}
		}
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
	empty := t.TempDir() // for the cases without files
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
					dir := empty
					if len(c.Files) > 0 {
						dir = t.TempDir()
					}
					verdict := judge(t, c, want, dir)
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

// judge runs one case in a folder.
func judge(t *testing.T, c sqltest.Case, want sqltest.Answer, dir string) string {
	if err := c.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	return sqltest.Verdict(want, c.Answer(dir), c.Strict)
}

// TestFlinkRestored runs streaming cases in several tasks and restored from a snapshot: what
// they fold to must stay the same. Without -all it takes a random quarter of them.
func TestFlinkRestored(t *testing.T) {
	suites, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if *seed == 0 {
		*seed = 1
	}
	rnd := rand.New(rand.NewPCG(*seed, 1))
	ran := 0
	for _, s := range suites {
		for i, c := range s.Cases {
			if c.Mode == "batch" || len(c.Files) == 0 || s.Answers[c.ID].Error != "" || orderCounts(c) || !strings.HasPrefix(c.ID, *only) {
				continue
			}
			r := rand.New(rand.NewPCG(*seed, uint64(i)))
			if !*all && rnd.IntN(4) > 0 {
				continue
			}
			ran++
			dir := t.TempDir()
			if err := c.WriteFiles(dir); err != nil {
				t.Fatal(err)
			}
			script := &sqltest.Script{Dir: dir, Rand: r}
			if err := script.SameInAllWays(c, true); err != nil {
				t.Errorf("%s: %v (-seed %d)\n%s", c.ID, err, *seed, c.Query)
			}
		}
	}
	if ran == 0 && *only == "" {
		t.Error("no case ran")
	}
}

// orderCounts tells queries whose result depends on the order in which rows of different
// keys or watermarks of several tasks come.
func orderCounts(c sqltest.Case) bool {
	q := strings.ToUpper(c.Query)
	for _, word := range []string{"FIRST_VALUE", "LAST_VALUE", "LISTAGG", "ARRAY_AGG", "JSON_ARRAYAGG", "COLLECT", "CURRENT_WATERMARK", "LIMIT", "FETCH", "RAND", "UUID",
		"FROM TIE MATCH_RECOGNIZE"} { // a pattern over rows of equal times
		if strings.Contains(q, word) {
			return true
		}
	}
	return slices.Contains([]string{"late", "emit", "sink", "ddl", "sql"}, Area(c.ID)) // of "sql" package sqltest runs these files itself
}
