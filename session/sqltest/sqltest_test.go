package sqltest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/weir-sql/weir/session/sqltest"
)

var (
	seed   = flag.Uint64("seed", 0, "seed of the places of snapshots; 0 = 1")
	export = flag.String("export", "", "write every run block as a case into this file")
)

// TestSQL runs the files of fixtures/sql. A failure prints the seed that repeats it.
func TestSQL(t *testing.T) {
	files, err := sqltest.Files("../../fixtures/sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	if *seed == 0 {
		*seed = 1
	}
	var cases []sqltest.Case
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".test")
		t.Run(name, func(t *testing.T) {
			s := &sqltest.Script{Dir: t.TempDir(), Rand: rand.New(rand.NewPCG(*seed, uint64(len(name))))}
			n := 0
			s.Each = func(c sqltest.Case) {
				n++
				c.ID = fmt.Sprintf("%s-%02d", name, n)
				cases = append(cases, c)
			}
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				out, err := s.Do(d)
				if err != nil {
					t.Errorf("%s: %v (-seed %d)", d.Pos, err, *seed)
					return d.Expected
				}
				return out
			})
		})
	}
	if *export != "" {
		writeCases(t, *export, cases)
	}
}

func writeCases(t *testing.T, path string, cases []sqltest.Case) {
	var b strings.Builder
	for _, c := range cases {
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
