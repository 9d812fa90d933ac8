package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// largeScript is a script of some operators: INSERTs of a filter, an aggregate, a join
// and a top-n, each over tables of its own.
func largeScript(operators int, agg string) string {
	var b strings.Builder
	for i := 0; operators > 0; i++ {
		fmt.Fprintf(&b, `CREATE TABLE orders_%[1]d (id BIGINT, user_id BIGINT, city STRING, amount BIGINT, status STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 'orders_%[1]d', 'properties.bootstrap.servers' = 'here:9092', 'format' = 'json');
CREATE TABLE accounts_%[1]d (user_id BIGINT NOT NULL, tier STRING, PRIMARY KEY (user_id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'accounts_%[1]d', 'properties.bootstrap.servers' = 'here:9092', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE sums_%[1]d (tier STRING, city STRING, n BIGINT, total BIGINT, PRIMARY KEY (tier, city) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO sums_%[1]d
SELECT a.tier, o.city, COUNT(*), %[2]s(o.amount)
FROM (SELECT * FROM orders_%[1]d WHERE amount > %[1]d AND status = 'PAID') AS o JOIN accounts_%[1]d AS a ON a.user_id = o.user_id
GROUP BY a.tier, o.city;
`, i, agg)
		operators -= 8
	}
	return b.String()
}

// largeOverlay edits every aggregate of a graph.
func largeOverlay(g *topology.Graph) string {
	var b strings.Builder
	b.WriteString("version: 1\noperators:\n")
	for _, n := range g.Nodes {
		if n.Kind == topology.KindGroupAgg {
			fmt.Fprintf(&b, "  %s:\n    name: %s\n    parallelism: 4\n    stateTTL: 36h\n", n.UID, n.Name)
		}
	}
	return b.String()
}

// large is a folder with a script of so many operators and its overlay.
func large(t testing.TB, dir string, operators int, agg string) (*Session, diag.Source) {
	t.Helper()
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	src := diag.Source{Name: filepath.Join(dir, "large.sql"), Text: largeScript(operators, agg)}
	p, list := s.Plan(src, Stream)
	if list.HasErrors() {
		t.Fatal(list)
	}
	for name, text := range map[string]string{ProjectFile: "name: large\n", "large.sql": src.Text, "large" + OverlaySuffix: largeOverlay(p.Graph)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if p, list = s.Plan(src, Stream); list.HasErrors() || p.Overlay == nil || len(p.Graph.Nodes) < operators {
		t.Fatalf("%d operators, overlay %v\n%v", len(p.Graph.Nodes), p.Overlay != nil, list)
	}
	return s, src
}

// BenchmarkLargePlan is what weir plan does with 500 operators and an overlay.
func BenchmarkLargePlan(b *testing.B) {
	s, src := large(b, b.TempDir(), 500, "SUM")
	b.ResetTimer()
	for b.Loop() {
		planLarge(b, s, src)
	}
}

func planLarge(t testing.TB, s *Session, src diag.Source) {
	p, list := s.Plan(src, Stream)
	if list.HasErrors() {
		t.Fatal(list)
	}
	if _, err := Render(p.Graph, "tree", topology.Options{Width: 100}); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkLargeDiff is what weir diff does with two projects of 200 operators in which
// every aggregate is another.
func BenchmarkLargeDiff(b *testing.B) {
	old, now := largeProjects(b)
	b.ResetTimer()
	for b.Loop() {
		diffLarge(b, old, now)
	}
}

func largeProjects(t testing.TB) (old, now *Target) {
	a, as := large(t, t.TempDir(), 200, "SUM")
	b, bs := large(t, t.TempDir(), 200, "MAX")
	return &Target{Name: "old", Session: a, Path: as.Name}, &Target{Name: "new", Session: b, Path: bs.Name}
}

func diffLarge(t testing.TB, old, now *Target) {
	r := CompareScripts(old, now, "")
	if len(r.Jobs) != 1 || !r.Lost() || len(r.Text(100)) == 0 || len(r.Markdown()) == 0 {
		t.Fatal(r.Verdict)
	}
}

// Large scripts stay quick; the bounds are wide, for machines that do other things too.
func TestLargeScriptsAreQuick(t *testing.T) {
	s, src := large(t, t.TempDir(), 500, "SUM")
	old, now := largeProjects(t)
	for what, c := range map[string]struct {
		do    func()
		bound time.Duration
	}{
		"plan of 500 operators":          {func() { planLarge(t, s, src) }, 600 * time.Millisecond},
		"diff of two with 200 operators": {func() { diffLarge(t, old, now) }, 3 * time.Second},
	} {
		best := time.Hour
		for range 3 {
			start := time.Now()
			c.do()
			best = min(best, time.Since(start))
		}
		if t.Logf("%s: %v", what, best); best > c.bound && !testing.Short() { // short is what the race detector runs, ten times slower
			t.Errorf("%s takes %v", what, best)
		}
	}
}
