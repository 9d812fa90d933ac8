package session

import (
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// TestSetAppliesToWhatFollows: SET and RESET count for the statements after them, also where the
// same query stands twice.
func TestSetAppliesToWhatFollows(t *testing.T) {
	s, err := Open(Options{Dir: t.TempDir(), Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const query = "SELECT id, COUNT(*) AS c FROM t GROUP BY id;\n"
	text := "CREATE TABLE t (id INT) WITH ('connector' = 'datagen', 'number-of-rows' = '5');\n" +
		query + "SET 'table.exec.state.ttl' = '1 h';\n" + query + query + "SET 'table.exec.state.ttl' = '2 d';\n" + query + "RESET 'table.exec.state.ttl';\n"
	p, list := s.Plan(diag.Source{Name: "set.sql", Text: text}, Stream)
	if p == nil {
		t.Fatal(list)
	}
	got := map[time.Duration]int{}
	for _, n := range p.Graph.Nodes {
		if a, ok := n.Spec.(*physical.GroupAgg); ok {
			got[a.TTL]++
		}
	}
	if len(got) != 3 || got[0] != 1 || got[time.Hour] != 1 || got[48*time.Hour] != 1 {
		t.Errorf("aggregates by time to live: %v, want one without, one of 1h for two queries, one of 48h", got)
	}
	if v, ok := p.Config["table.exec.state.ttl"]; !ok || v != "2 d" {
		t.Errorf("the run has the configuration of its last query, not what was set after it: %q", v)
	}
}
