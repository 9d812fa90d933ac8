package planner_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/weir-sql/weir/topology"
)

// FuzzPlan: whatever parses is planned or refused in both modes, and what is planned is
// a graph.
func FuzzPlan(f *testing.F) {
	text, err := os.ReadFile("testdata/flink_changelog.json")
	if err != nil {
		f.Fatal(err)
	}
	var r recordings
	if err := json.Unmarshal(text, &r); err != nil {
		f.Fatal(err)
	}
	for _, c := range r.Cases {
		f.Add(c.Query)
	}
	setup := strings.Join(r.Setup, ";\n") + ";\n"
	f.Fuzz(func(t *testing.T, query string) {
		if len(query) > 2000 {
			return
		}
		for _, mode := range []string{"streaming", "batch"} {
			g, list := planned(t, setup+query, map[string]string{"execution.runtime-mode": mode}, nil)
			if g == nil {
				continue // refused, or nothing to run
			}
			if list.HasErrors() {
				t.Errorf("%s: planned with errors: %v", query, list)
			}
			if _, err := topology.NewModel(g); err != nil {
				t.Errorf("%s: %v", query, err)
			}
		}
	})
}
