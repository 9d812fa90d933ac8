package weir_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/weir-sql/weir"

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath string
	Doc        string
	Imports    []string
	GoFiles    []string
}

func list(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Doc,Imports,GoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		all = append(all, p)
	}
	return all
}

// within reports whether a package lies in a room.
func within(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

// rooms lists, for each room, the rooms of ours that it may import. The list is
// the arrows of ARCHITECTURE.md; the most specific room counts.
var rooms = []struct {
	room string
	may  []string
}{
	{"planner/diag", nil},
	{"planner/types", []string{"planner/diag"}},
	{"planner/syntax", []string{"planner/diag", "planner/types"}},
	{"topology", []string{"planner/diag", "topology"}},
	{"planner/rex", []string{"planner/diag", "planner/types"}},
	{"planner/catalog", []string{"planner/diag", "planner/types", "planner/rex", "topology"}},
	{"planner/physical", []string{"planner/diag", "planner/types", "planner/rex", "planner/catalog", "planner/logical", "planner/physical", "topology"}},
	{"planner", []string{"planner", "topology"}},
	{"exec/vec", []string{"planner/types", "exec/vec"}},
	{"exec/state", []string{"exec/vec", "planner/types", "planner/diag", "exec/state"}},
	{"exec/expr", []string{"exec/vec", "exec/expr", "planner/diag", "planner/types", "planner/rex", "planner/catalog"}},
	{"exec", []string{"exec", "planner/diag", "planner/types", "planner/rex", "planner/catalog", "planner/physical", "topology"}},
	{"connectors", []string{"connectors", "exec", "planner/diag", "planner/types", "planner/rex", "planner/catalog", "planner/physical", "topology"}},
	{"fixtures", []string{"fixtures", "planner/types", "planner/diag", "exec/vec"}},
	{"session", []string{"session", "planner", "topology", "exec", "connectors", "fixtures"}},
	{"tui", []string{"tui", "session", "topology", "planner/diag", "planner/syntax", "fixtures"}},
	{"cmd", []string{"cmd", "tui", "session", "topology", "planner/diag", "fixtures"}},
}

// forbidden narrows what a room's list would allow.
var forbidden = []struct{ from, to, reason string }{
	{"exec/op", "connectors", "operators know sources and sinks as interfaces only"},
	{"exec/runtime", "exec/op", "the runtime knows operators as interfaces only; build makes them"},
	{"exec/runtime", "exec/expr", "expressions belong to operators"},
	{"planner/bind", "planner/rules", "binding comes before rewriting"},
	{"planner/syntax", "planner/types", "a syntax tree has names of types, not types"},
}

// libraries live in one subtree each.
var libraries = []struct{ lib, room string }{
	{"github.com/twmb/franz-go", "connectors/kafka"},
	{"github.com/redis/go-redis", "connectors/redis"},
	{"github.com/charmbracelet/bubbletea", "tui"},
	{"github.com/charmbracelet/bubbles", "tui"},
	{"github.com/charmbracelet/x/ansi", "tui"},
	{"github.com/cockroachdb/pebble", "exec/state"},
	{"github.com/spf13/cobra", "cmd"},
	{"github.com/apache/arrow-go/v18", "connectors/format/parquet"},
	{"github.com/tetratelabs/wazero", "exec/udf/wasm"},
	{"go.starlark.net", "exec/udf/starlark"},
	{"github.com/RoaringBitmap/roaring", "exec/expr"},
}

func TestImportsFollowTheArrows(t *testing.T) {
	for _, p := range list(t) {
		may, known := []string(nil), false
		best := ""
		for _, r := range rooms {
			if within(p.ImportPath, r.room) && len(r.room) > len(best) {
				best, may, known = r.room, r.may, true
			}
		}
		if !known && p.ImportPath != "" {
			t.Errorf("package %s is in no room of ARCHITECTURE.md", p.ImportPath)
		}
		for _, imp := range p.Imports {
			for _, l := range libraries {
				if within(imp, l.lib) && !within(p.ImportPath, l.room) {
					t.Errorf("%s imports %s, which belongs to %s alone", p.ImportPath, imp, l.room)
				}
			}
			ours, ok := strings.CutPrefix(imp, module+"/")
			if !ok {
				continue
			}
			allowed := false
			for _, m := range may {
				allowed = allowed || within(ours, m)
			}
			if !allowed {
				t.Errorf("%s imports %s; %s may import only %s", p.ImportPath, ours, best, strings.Join(may, ", "))
			}
			for _, f := range forbidden {
				if within(p.ImportPath, f.from) && within(ours, f.to) {
					t.Errorf("%s imports %s: %s", p.ImportPath, ours, f.reason)
				}
			}
		}
	}
}

func TestEveryPackageHasADoc(t *testing.T) {
	for _, p := range list(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("package %s has no doc comment", p.ImportPath)
		}
	}
}

// Parquet of arrow v15 and of arrow v18 define the same assembly symbols and cannot
// be in one binary; weir uses v18's.
func TestNoBinaryLinksParquetOfArrow15(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./cmd/...").Output()
	if err != nil {
		t.Fatalf("go list -deps: %v", err)
	}
	for _, p := range strings.Fields(string(out)) {
		if within(p, "github.com/apache/arrow/go/v15/parquet") {
			t.Errorf("cmd links %s", p)
		}
		if strings.Contains(p, "charm.land/") {
			t.Errorf("cmd links %s: charm v2 and v1 do not share types", p)
		}
	}
}
